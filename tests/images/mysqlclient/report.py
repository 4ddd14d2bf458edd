import MySQLdb

print("client", MySQLdb.__version__)
