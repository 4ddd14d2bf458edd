import click
import netifaces

click.echo("lo" in netifaces.interfaces())
