import pygraphviz

graph = pygraphviz.AGraph(directed=True)
graph.add_edge("source", "wheel")
graph.layout("dot")
print(graph.number_of_edges())
