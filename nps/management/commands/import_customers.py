"""Customers and accounts out of a CSV."""

from nps.desk.importers.command import ImportCommand
from nps.desk.importers.customers import CustomerImporter


class Command(ImportCommand):
    help = "Import customers and their accounts from a CSV file. Whoever is known stays as they stand."
    importer = CustomerImporter
