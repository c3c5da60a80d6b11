//! The operators: their names, codes and inputs.

/// The kind of column that an operator needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Numbers.
    Numeric,
    /// Levels, or binned numbers.
    Category,
    /// Dates.
    Datetime,
    /// Words.
    Text,
    /// Any of these.
    Any,
}

impl Kind {
    /// Return the kind's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Numeric => "numeric",
            Self::Category => "category",
            Self::Datetime => "datetime",
            Self::Text => "text",
            Self::Any => "any",
        }
    }
}

/// The columns of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inputs {
    /// One column.
    One(Kind),
    /// Two columns of one kind.
    Two(Kind),
    /// At least this many categories, and at most three: their cross is one category.
    Crossed(usize),
    /// A column, then one or two categories that group its rows.
    Grouped(Kind),
    /// Any number of numeric columns. A descriptor cannot hold them: without columns, it
    /// means all numeric columns of the table.
    Row,
}

impl Inputs {
    /// Return the smallest and the largest number of columns in a descriptor.
    pub fn arity(self) -> (usize, usize) {
        match self {
            Self::One(_) => (1, 1),
            Self::Two(_) => (2, 2),
            Self::Crossed(least) => (least, 3),
            Self::Grouped(_) => (2, 3),
            Self::Row => (0, 0),
        }
    }

    /// Return the kind of the column at `place`.
    pub fn kind_at(self, place: usize) -> Kind {
        match self {
            Self::One(kind) | Self::Two(kind) => kind,
            Self::Grouped(kind) if place == 0 => kind,
            Self::Crossed(_) | Self::Grouped(_) => Kind::Category,
            Self::Row => Kind::Numeric,
        }
    }

    /// Return the name of the inputs.
    pub fn name(self) -> &'static str {
        match self {
            Self::One(_) => "one",
            Self::Two(_) => "two",
            Self::Crossed(_) => "crossed",
            Self::Grouped(_) => "grouped",
            Self::Row => "row",
        }
    }
}

macro_rules! operators {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $name:literal, $inputs:expr;)*) => {
        /// A kind of feature. Names and codes never change, because stored plans contain
        /// them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Operator {
            $($(#[$doc])* $variant = $code,)*
        }

        impl Operator {
            /// All operators, by code.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Return the operator's name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// Return the columns of the operator.
            pub fn inputs(self) -> Inputs {
                match self {
                    $(Self::$variant => $inputs,)*
                }
            }
        }
    };
}

use Inputs::{Crossed, Grouped, One, Row, Two};
use Kind::{Any, Category, Datetime, Numeric, Text};

operators! {
    /// ln(1 + |a|) with the sign of a.
    SignedLog = 1, "signed_log", One(Numeric);
    /// √|a| with the sign of a.
    SignedSqrt = 2, "signed_sqrt", One(Numeric);
    /// a².
    Square = 3, "square", One(Numeric);
    /// 1 / a.
    Reciprocal = 4, "reciprocal", One(Numeric);
    /// |a|.
    Absolute = 5, "absolute", One(Numeric);
    /// Share of the training values below a.
    Rank = 6, "rank", One(Numeric);
    /// Index of the quantile bin of a.
    QuantileBin = 7, "quantile_bin", One(Numeric);
    /// a, clipped to two training quantiles.
    Winsorised = 8, "winsorised", One(Numeric);
    /// Last digit of the integer part of |a|.
    LastDigit = 9, "last_digit", One(Numeric);
    /// The nearest multiple of a number to a.
    RoundTo = 10, "round_to", One(Numeric);
    /// 1 where a is missing.
    IsMissing = 11, "is_missing", One(Any);
    /// 1 where a is the most frequent training value.
    IsMode = 12, "is_mode", One(Any);

    /// a + b.
    Add = 20, "add", Two(Numeric);
    /// a − b.
    Subtract = 21, "subtract", Two(Numeric);
    /// a · b.
    Multiply = 22, "multiply", Two(Numeric);
    /// a / b.
    Divide = 23, "divide", Two(Numeric);
    /// The lesser of a and b.
    Minimum = 24, "minimum", Two(Numeric);
    /// The greater of a and b.
    Maximum = 25, "maximum", Two(Numeric);
    /// |a − b|.
    AbsoluteDifference = 26, "absolute_difference", Two(Numeric);
    /// (a − b) / (|a| + |b|), 0 where both are 0.
    NormalisedDifference = 27, "normalised_difference", Two(Numeric);
    /// 1 where a < b, else 0.
    LessThan = 28, "less_than", Two(Numeric);

    /// Share of training rows with this level.
    Frequency = 40, "frequency", Crossed(1);
    /// Rank of the level by its count, 1 for the most frequent.
    CountRank = 41, "count_rank", Crossed(1);
    /// The levels combined into one category.
    Cross = 42, "cross", Crossed(2);

    /// Mean of a in the group.
    GroupMean = 50, "group_mean", Grouped(Numeric);
    /// Standard deviation of a in the group.
    GroupStd = 51, "group_std", Grouped(Numeric);
    /// Least value of a in the group.
    GroupMin = 52, "group_min", Grouped(Numeric);
    /// Greatest value of a in the group.
    GroupMax = 53, "group_max", Grouped(Numeric);
    /// Median of a in the group.
    GroupMedian = 54, "group_median", Grouped(Numeric);
    /// Share of the group's values below a.
    GroupRank = 55, "group_rank", Grouped(Numeric);
    /// a − the mean of its group.
    MinusGroupMean = 56, "minus_group_mean", Grouped(Numeric);
    /// a / the mean of its group.
    OverGroupMean = 57, "over_group_mean", Grouped(Numeric);
    /// Number of distinct levels of the first column in the group.
    GroupDistinct = 58, "group_distinct", Grouped(Category);

    /// Mean target of the level's rows in other folds, shrunk to the overall mean.
    TargetMean = 70, "target_mean", Crossed(1);
    /// Mean target of the level's earlier rows in a random order.
    OrderedTargetMean = 71, "ordered_target_mean", Crossed(1);
    /// Out-of-fold log odds of the second class at this level, minus those of all rows.
    WeightOfEvidence = 72, "weight_of_evidence", Crossed(1);

    /// Number of missing values of the row.
    RowMissing = 80, "row_missing", Row;
    /// Sum over the row.
    RowSum = 81, "row_sum", Row;
    /// Mean over the row.
    RowMean = 82, "row_mean", Row;
    /// Standard deviation over the row.
    RowStd = 83, "row_std", Row;
    /// Number of zeros of the row.
    RowZeros = 84, "row_zeros", Row;

    /// Year.
    Year = 100, "year", One(Datetime);
    /// Quarter, 1 to 4.
    Quarter = 101, "quarter", One(Datetime);
    /// Month, 1 to 12.
    Month = 102, "month", One(Datetime);
    /// Week of the year by ISO 8601, 1 to 53.
    Week = 103, "week", One(Datetime);
    /// Day of the month.
    Day = 104, "day", One(Datetime);
    /// Day of the week, 1 for Monday.
    Weekday = 105, "weekday", One(Datetime);
    /// Hour with fraction.
    Hour = 106, "hour", One(Datetime);
    /// 1 on Saturday and Sunday.
    IsWeekend = 107, "is_weekend", One(Datetime);
    /// 1 on the last day of a month.
    IsMonthEnd = 108, "is_month_end", One(Datetime);
    /// Sine of the time of year.
    YearSine = 109, "year_sine", One(Datetime);
    /// Cosine of the time of year.
    YearCosine = 110, "year_cosine", One(Datetime);
    /// Sine of the time of week.
    WeekSine = 111, "week_sine", One(Datetime);
    /// Cosine of the time of week.
    WeekCosine = 112, "week_cosine", One(Datetime);
    /// Sine of the time of day.
    DaySine = 113, "day_sine", One(Datetime);
    /// Cosine of the time of day.
    DayCosine = 114, "day_cosine", One(Datetime);
    /// Days since the first training date.
    Elapsed = 115, "elapsed", One(Datetime);
    /// Days from b to a.
    DaysBetween = 116, "days_between", Two(Datetime);

    /// Number of characters.
    TextLength = 130, "text_length", One(Text);
    /// Words.
    TextWords = 131, "text_words", One(Text);
    /// Number of digits.
    TextDigits = 132, "text_digits", One(Text);
    /// Share of capitals among letters.
    TextUpperShare = 133, "text_upper_share", One(Text);
    /// Counts of character n-grams, hashed into a few columns.
    TextHash = 134, "text_hash", One(Text);
}

impl Operator {
    /// Return the operator's code.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// Return the operator of a code.
    pub fn from_code(code: u8) -> Option<Self> {
        let place = Self::ALL.binary_search_by_key(&code, |operator| operator.code());
        place.ok().map(|place| Self::ALL[place])
    }

    /// Return the operator of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|o| o.name() == name)
    }

    /// Return the number of interchangeable, hence sorted, columns at the end of a
    /// descriptor; 0 if the order matters.
    pub fn n_interchangeable(self, n_columns: usize) -> usize {
        match (self.inputs(), self) {
            (Inputs::Crossed(_), _)
            | (
                _,
                Self::Add
                | Self::Multiply
                | Self::Minimum
                | Self::Maximum
                | Self::AbsoluteDifference,
            ) => n_columns,
            (Inputs::Grouped(_), _) => n_columns - 1,
            _ => 0,
        }
    }

    /// Return whether the result does not depend on the order of the columns.
    pub fn is_commutative(self) -> bool {
        let (least, most) = self.inputs().arity();
        most > 1 && self.n_interchangeable(least.max(2)) == least.max(2)
    }

    /// Return whether the operator depends on the target, and must be cross-fitted.
    pub fn reads_target(self) -> bool {
        matches!(
            self,
            Self::TargetMean | Self::OrderedTargetMean | Self::WeightOfEvidence
        )
    }

    /// Return whether the operator preserves the order of one column's values, so that
    /// trees gain nothing.
    pub fn is_monotone(self) -> bool {
        matches!(
            self,
            Self::SignedLog
                | Self::SignedSqrt
                | Self::Rank
                | Self::QuantileBin
                | Self::Winsorised
                | Self::RoundTo
        )
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_lead_back_to_their_operator() {
        for &operator in Operator::ALL {
            assert_eq!(Operator::from_code(operator.code()).unwrap(), operator);
            assert_eq!(Operator::from_name(operator.name()).unwrap(), operator);
        }
        assert_eq!(Operator::from_code(0), None);
        assert_eq!(Operator::from_name("plus"), None);
    }

    #[test]
    fn codes_ascend() {
        assert!(Operator::ALL.windows(2).all(|w| w[0].code() < w[1].code()));
    }

    #[test]
    fn sums_commute_and_differences_do_not() {
        assert!(Operator::Add.is_commutative());
        assert!(Operator::Frequency.is_commutative());
        assert!(!Operator::Subtract.is_commutative());
        assert!(!Operator::GroupMean.is_commutative());
        assert!(!Operator::Square.is_commutative());
    }
}
