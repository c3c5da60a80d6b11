from headstart.meta.store.layout import COLUMNS
from headstart.meta.store.sql.schema import metadata


def test_the_tables_that_are_made_are_those_that_are_read():
    made = {
        table.name: {c.name for c in table.columns}
        for table in metadata.tables.values()
    }

    assert made == {name: set(columns) for name, columns in COLUMNS.items()}


def test_columns_are_made_in_the_order_they_are_expected_in():
    made = {
        table.name: tuple(table.columns.keys()) for table in metadata.tables.values()
    }

    assert made == dict(COLUMNS)
