import MySQLdb

print("interface", MySQLdb.apilevel)
