import click
import psycopg2
import tabulate

click.echo(tabulate.tabulate([[psycopg2.__version__]]))
