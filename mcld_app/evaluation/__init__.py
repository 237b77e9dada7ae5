"""How good pictures are: the paper's figures for ours, beside those it reports. Pure of gradio; libraries that only
evaluation needs (requirements-eval.txt) are imported where they are used."""
