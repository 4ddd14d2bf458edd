import click
import netifaces

from tally.adding import add


@click.command()
@click.argument("one", type=int)
@click.argument("other", type=int)
def main(one, other):
    print(add(one, other), "lo" in netifaces.interfaces())
