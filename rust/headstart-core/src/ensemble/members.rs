//! The members' predictions, and checks of targets and weights.

use crate::Error;

/// The concatenated predictions of members, each in row-major order.
#[derive(Debug, Clone, Copy)]
pub struct Members<'a> {
    pub(super) values: &'a [f64],
    count: usize,
    n_outputs: usize,
}

impl<'a> Members<'a> {
    /// Check that `values` holds `n_members` predictions, finite in single precision, of `n_rows` rows.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Value`] if it does not.
    pub fn new(
        values: &'a [f64],
        n_members: usize,
        n_rows: usize,
        n_outputs: usize,
    ) -> Result<Self, Error> {
        if n_members == 0 || n_rows == 0 || n_outputs == 0 {
            return Err(Error::value(
                "An ensemble needs at least one member, one row and one output.",
            ));
        }
        let expected = n_members
            .checked_mul(n_rows)
            .and_then(|size| size.checked_mul(n_outputs));
        if expected != Some(values.len()) {
            return Err(Error::Shape(format!(
                "predictions of shape ({n_members}, {n_rows}, {n_outputs}) cannot have \
                 {} values.",
                values.len()
            )));
        }
        for (member, prediction) in values.chunks_exact(n_rows * n_outputs).enumerate() {
            // Their squares must be finite; this loop is vectorised.
            if !prediction
                .iter()
                .fold(true, |ok, v| ok & (*v as f32).is_finite())
            {
                return Err(Error::value(format!(
                    "predictions must be finite in single precision. Those of member {member} are \
                 not."
                )));
            }
        }
        Ok(Self {
            values,
            count: n_members,
            n_outputs,
        })
    }

    /// Return the number of members.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Return whether there are no members: always false.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Columns of a prediction.
    pub fn n_outputs(&self) -> usize {
        self.n_outputs
    }

    pub(super) fn size(&self) -> usize {
        self.values.len() / self.count
    }

    pub(super) fn n_rows(&self) -> usize {
        self.size() / self.n_outputs
    }

    pub(super) fn prediction(&self, member: usize) -> &'a [f64] {
        &self.values[member * self.size()..(member + 1) * self.size()]
    }
}

pub(super) fn check_weight(weight: Option<&[f64]>, n_rows: usize) -> Result<(), Error> {
    let Some(weight) = weight else { return Ok(()) };
    if weight.len() != n_rows {
        return Err(Error::length("weight", n_rows, weight.len()));
    }
    if !weight.iter().all(|w| w.is_finite() && *w >= 0.0) {
        return Err(Error::value("weight must be finite and not negative."));
    }
    if weight.iter().sum::<f64>() > 0.0 {
        Ok(())
    } else {
        Err(Error::value("weight must not be zero in all rows."))
    }
}

pub(super) fn check_codes(codes: &[i64], n_rows: usize, n_outputs: usize) -> Result<(), Error> {
    if codes.len() != n_rows {
        return Err(Error::length("y", n_rows, codes.len()));
    }
    let n_classes = n_outputs.max(2) as i64;
    match codes.iter().find(|code| !(0..n_classes).contains(code)) {
        Some(code) => Err(Error::value(format!(
            "y must hold class codes in 0..{n_classes}. Got {code}."
        ))),
        None => Ok(()),
    }
}

pub(super) fn check_values(members: &Members<'_>, y: &[f64]) -> Result<(), Error> {
    if members.n_outputs() != 1 {
        return Err(Error::Shape(format!(
            "predictions of values must have one output. Got {}.",
            members.n_outputs()
        )));
    }
    if y.len() != members.n_rows() {
        return Err(Error::length("y", members.n_rows(), y.len()));
    }
    if y.iter().all(|value| value.is_finite()) {
        Ok(())
    } else {
        Err(Error::value("y must be finite."))
    }
}

/// Return the ensemble's prediction with one more of `member`.
pub(super) fn mean_with(
    sum: &[f64],
    n_picked: usize,
    members: &Members<'_>,
    member: usize,
) -> Vec<f64> {
    let n_picked = (n_picked + 1) as f64;
    let both = sum.iter().zip(members.prediction(member));
    both.map(|(sum, &p)| (sum + p) / n_picked).collect()
}
