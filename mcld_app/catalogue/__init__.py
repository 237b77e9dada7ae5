"""Many pictures without the page: a table of people, clothes, poses and faces, drawn row by row.

    place        a folder on this machine, or on whatever storage fsspec knows
    row          one row, and which rows there can be
    matrix       everything combined with everything
    table        rows in files: CSV and Parquet
    looks        what a row means: its look
    drawing      from a look, or a recipe, to a picture's file
    plan         which rows are still to be drawn, and in which groups they are handed out
    run          a run: the lock, what failed, how it goes
    on_ray       the same rows on the machines of a Ray cluster
"""
