//! Arrays whose size users choose: too little memory for one is an error.
//!
//! A failed allocation elsewhere ends the process.

use crate::Error;

/// Check that there is memory for as many values as the product of `sizes`.
///
/// # Errors
/// [`Error::Memory`].
pub fn check<T>(what: &str, sizes: &[usize]) -> Result<(), Error> {
    room::<T>(what, sizes).map(drop)
}

/// Return an array of default values with the product of `sizes` as length; `what` names it
/// in the error.
///
/// # Errors
/// [`Error::Memory`].
pub(crate) fn zeros<T: Clone + Default>(what: &str, sizes: &[usize]) -> Result<Vec<T>, Error> {
    let mut array = room(what, sizes)?;
    array.resize(sizes.iter().product(), T::default());
    Ok(array)
}

fn room<T>(what: &str, sizes: &[usize]) -> Result<Vec<T>, Error> {
    let n_values = sizes
        .iter()
        .try_fold(1_usize, |product, &size| product.checked_mul(size));
    let n_bytes = n_values.and_then(|n_values| n_values.checked_mul(size_of::<T>()));
    let mut array = Vec::new();
    let is_there = n_values.is_some_and(|n_values| array.try_reserve_exact(n_values).is_ok());
    if is_there {
        Ok(array)
    } else {
        Err(Error::memory(what, n_bytes))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_allocated_is_an_error() {
        assert_eq!(zeros::<u32>("a table", &[2, 3]).unwrap(), [0; 6]);
        for sizes in [[1 << 40, 1 << 10], [usize::MAX, 2]] {
            let error = zeros::<f64>("a table", &sizes).unwrap_err();
            assert!(error.to_string().contains("a table"), "{error}");
        }
    }
}
