import pytest

from headstart.exceptions import HeadstartWarning, TableError
from headstart.tables.read.text.delimited import read_delimited
from headstart.tables.read.text.second_header import find_second_header

SURVEY = (
    "id,Fan?,Films seen,,,Age,Town\n"
    ",Response,Alien,Aliens,Brazil,Response,Response\n"
    "1,Yes,Alien,,Brazil,30,Ulm\n"
    "2,No,,Aliens,,41,Bonn\n"
    "3,Yes,Alien,,,28,Ulm\n"
)


def test_two_header_rows_become_one():
    with pytest.warns(HeadstartWarning, match="two header rows"):
        frame, _ = read_delimited(SURVEY.encode(), "survey.csv")
    assert frame.columns == [
        "id",
        "Fan?",
        "Films seen: Alien",
        "Films seen: Aliens",
        "Films seen: Brazil",
        "Age",
        "Town",
    ]
    assert frame["Age"].to_list() == [30, 41, 28]


@pytest.mark.parametrize(
    "text",
    [
        "a,,\nx,y,z\nx,y,z\nx,y,z\nx,y,z\n",  # the cells are values
        "a,,\n1,2,3\n4,5,6\n7,8,9\n",  # numbers are data
        "a,b,c\nRow,One,Two\nx,y,z\nu,v,w\n",  # no name is missing
        "a,,\nx,,z\nu,v,w\nr,s,t\n",  # a name stays open
        "a,,\n",
    ],
)
def test_data_are_no_second_header(text):
    assert find_second_header(text, ",") is None


def test_lines_keep_their_numbers():
    broken = SURVEY.replace("2,No", "2,No,")
    with (
        pytest.warns(HeadstartWarning, match="two header rows"),
        pytest.raises(TableError, match=r"Line 4 of survey\.csv has 8 fields"),
    ):
        read_delimited(broken.encode(), "survey.csv")
