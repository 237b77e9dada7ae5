"""Work on the machines of a Ray cluster: the only room that imports ray, which is an extra (requirements-cluster.txt).

    fitting      how many actors fit on the machines, and waiting for those that join
    reports      what machines say of themselves
    connection   to a cluster, or a small one of this machine's own
    nodes        whether each machine has the same program, and what the work needs
    spread       many small pieces of work, by Ray Data
"""
