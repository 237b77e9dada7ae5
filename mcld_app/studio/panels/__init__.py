"""The page's components: each module draws one (`render`) and wires it (`listen`)."""
