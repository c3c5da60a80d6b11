//! The form of a network: its columns, layers and members, and the sizes that follow.

use super::activation::Activation;
use crate::Error;

/// Waves of a periodic embedding.
pub const WAVES: usize = 16;

/// Numbers that a periodic embedding makes of its waves; the column itself follows.
pub const MIXED: usize = 3;

/// Length of the vector of a code.
pub const CODE_SIZE: usize = 8;

/// The way of a column into the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The number as it is.
    Number,
    /// The number, and linear functions of cosines of it.
    Periodic,
    /// One input per code; other codes have none.
    OneHot(usize),
    /// A learnt vector per code; other codes have zeros.
    Embedded(usize),
}

impl Column {
    /// Return the number of inputs of the first layer.
    pub fn n_inputs(self) -> usize {
        match self {
            Self::Number => 1,
            Self::Periodic => MIXED + 1,
            Self::OneHot(n_codes) => n_codes,
            Self::Embedded(_) => CODE_SIZE,
        }
    }

    /// Return the number of codes; 0 for numbers.
    pub fn n_codes(self) -> usize {
        match self {
            Self::Number | Self::Periodic => 0,
            Self::OneHot(n_codes) | Self::Embedded(n_codes) => n_codes,
        }
    }
}

/// Columns, layers and members of a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// Columns of the matrix that it reads.
    pub columns: Vec<Column>,
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Columns of the output: one value, or one score per class.
    pub n_outputs: usize,
    /// Networks that share the weights, each with its own factors and biases.
    pub n_members: usize,
    /// Activation of the hidden layers.
    pub activation: Activation,
}

/// Most members, hidden layers, and units of one layer; codes count as units.
const MOST: [usize; 3] = [1 << 10, 16, 1 << 20];

impl Form {
    /// Check that all sizes are between 1 and their limits.
    ///
    /// # Errors
    /// [`Error::Value`].
    pub fn check(&self) -> Result<(), Error> {
        let [members, layers, units] = MOST;
        let total = |size: fn(Column) -> usize| {
            let mut sizes = self.columns.iter().map(|&column| size(column));
            sizes.try_fold(0, usize::checked_add).unwrap_or(usize::MAX)
        };
        let fits = (1..=members).contains(&self.n_members)
            && self.hidden.len() <= layers
            && self.hidden.iter().all(|width| (1..=units).contains(width))
            && (1..=units).contains(&self.n_outputs)
            && (1..=units).contains(&total(Column::n_inputs))
            && total(Column::n_codes) <= units;
        if fits {
            Ok(())
        } else {
            Err(Error::value("A network has impossible sizes."))
        }
    }

    /// Return the number of inputs of the first layer.
    pub fn n_inputs(&self) -> usize {
        self.columns.iter().map(|column| column.n_inputs()).sum()
    }

    /// Return inputs and outputs of each layer.
    pub fn layers(&self) -> Vec<(usize, usize)> {
        let mut sizes = vec![self.n_inputs()];
        sizes.extend(&self.hidden);
        sizes.push(self.n_outputs);
        sizes.windows(2).map(|pair| (pair[0], pair[1])).collect()
    }

    /// Return the number of columns with a periodic embedding.
    pub fn n_periodic(&self) -> usize {
        let periodic = |column: &&Column| matches!(column, Column::Periodic);
        self.columns.iter().filter(periodic).count()
    }

    /// Return the total number of codes with a learnt vector.
    pub fn n_embedded_codes(&self) -> usize {
        let n_codes = |column: &Column| match column {
            Column::Embedded(n_codes) => *n_codes,
            _ => 0,
        };
        self.columns.iter().map(n_codes).sum()
    }

    /// Return whether the inputs of a layer are multiplied by learnt factors.
    pub fn has_factors(&self, layer: usize) -> bool {
        layer == 0 || self.n_members > 1
    }
}
