//! Statistics of the targets on the two sides of a split.

/// The rows on the two sides of a split. Rows move from right to left.
pub(super) trait Tally {
    /// Start with these rows, all on the right.
    fn start(&mut self, rows: &[usize]);
    /// Move all rows back to the right.
    fn rewind(&mut self);
    fn move_left(&mut self, row: usize);
    fn n_left(&self) -> usize;
    /// Return the purity of the sides; higher is better.
    fn score(&self) -> f64;
    /// Return the loss of other rows, predicted by the best constant of all rows.
    fn leaf_loss(&self, rows: &[usize]) -> f64;
}

/// Counts of classes. Purity is Gini's: the sum of squared counts divided by rows.
pub(super) struct ClassTally<'a> {
    codes: &'a [u32],
    all: Vec<u64>,
    left: Vec<u64>,
    n_rows: usize,
    n_left: usize,
    all_squares: u64,
    left_squares: u64,
    right_squares: u64,
}

impl<'a> ClassTally<'a> {
    pub(super) fn new(codes: &'a [u32], n_classes: usize) -> Self {
        Self {
            codes,
            all: vec![0; n_classes],
            left: vec![0; n_classes],
            n_rows: 0,
            n_left: 0,
            all_squares: 0,
            left_squares: 0,
            right_squares: 0,
        }
    }
}

impl Tally for ClassTally<'_> {
    fn start(&mut self, rows: &[usize]) {
        self.all.fill(0);
        for &row in rows {
            self.all[self.codes[row] as usize] += 1;
        }
        self.n_rows = rows.len();
        self.all_squares = self.all.iter().map(|count| count * count).sum();
        self.rewind();
    }

    fn rewind(&mut self) {
        self.left.fill(0);
        self.n_left = 0;
        self.left_squares = 0;
        self.right_squares = self.all_squares;
    }

    fn move_left(&mut self, row: usize) {
        let class = self.codes[row] as usize;
        let left = self.left[class];
        let right = self.all[class] - left;
        self.left_squares += 2 * left + 1;
        self.right_squares -= 2 * right - 1;
        self.left[class] += 1;
        self.n_left += 1;
    }

    fn n_left(&self) -> usize {
        self.n_left
    }

    fn score(&self) -> f64 {
        let side = |squares: u64, n: usize| {
            if n == 0 {
                0.0
            } else {
                squares as f64 / n as f64
            }
        };
        side(self.left_squares, self.n_left) + side(self.right_squares, self.n_rows - self.n_left)
    }

    fn leaf_loss(&self, rows: &[usize]) -> f64 {
        let most = self.all.iter().copied().max().unwrap_or(0);
        let class = self.all.iter().position(|&count| count == most);
        let wrong = rows
            .iter()
            .filter(|&&row| Some(self.codes[row] as usize) != class);
        wrong.count() as f64
    }
}

/// Sums of values. Purity is the sum of squared sums divided by rows: the squared error
/// without its constant term, the sum of squares.
pub(super) struct ValueTally<'a> {
    values: &'a [f64],
    all: f64,
    left: f64,
    n_rows: usize,
    n_left: usize,
}

impl<'a> ValueTally<'a> {
    pub(super) fn new(values: &'a [f64]) -> Self {
        Self {
            values,
            all: 0.0,
            left: 0.0,
            n_rows: 0,
            n_left: 0,
        }
    }
}

impl Tally for ValueTally<'_> {
    fn start(&mut self, rows: &[usize]) {
        self.all = rows.iter().map(|&row| self.values[row]).sum();
        self.n_rows = rows.len();
        self.rewind();
    }

    fn rewind(&mut self) {
        self.left = 0.0;
        self.n_left = 0;
    }

    fn move_left(&mut self, row: usize) {
        self.left += self.values[row];
        self.n_left += 1;
    }

    fn n_left(&self) -> usize {
        self.n_left
    }

    fn score(&self) -> f64 {
        let side = |sum: f64, n: usize| if n == 0 { 0.0 } else { sum * sum / n as f64 };
        side(self.left, self.n_left) + side(self.all - self.left, self.n_rows - self.n_left)
    }

    fn leaf_loss(&self, rows: &[usize]) -> f64 {
        let mean = self.all / self.n_rows.max(1) as f64;
        rows.iter()
            .map(|&row| (self.values[row] - mean).powi(2))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_moved_to_the_left_are_no_more_on_the_right() {
        let mut tally = ClassTally::new(&[0, 0, 1, 1], 2);
        tally.start(&[0, 1, 2, 3]);
        // Squared counts over rows: (4 + 4) / 4.
        assert_eq!(tally.score(), 2.0);
        tally.move_left(0);
        assert_eq!(tally.score(), 1.0 + 5.0 / 3.0);
        tally.move_left(1);
        assert_eq!((tally.score(), tally.n_left()), (4.0, 2));
        tally.rewind();
        assert_eq!((tally.score(), tally.n_left()), (2.0, 0));
    }

    #[test]
    fn a_leaf_predicts_the_commonest_class_or_the_mean() {
        let mut classes = ClassTally::new(&[1, 1, 0], 2);
        classes.start(&[0, 1, 2]);
        assert_eq!(classes.leaf_loss(&[0, 1, 2]), 1.0);
        let mut values = ValueTally::new(&[1.0, 3.0, 5.0]);
        values.start(&[0, 1]);
        assert_eq!(values.leaf_loss(&[2]), 9.0);
    }
}
