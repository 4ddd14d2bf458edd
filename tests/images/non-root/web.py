import netifaces


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"interfaces: {'lo' in netifaces.interfaces()}\n".encode()]
