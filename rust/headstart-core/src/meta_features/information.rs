//! Information-theoretic qualities of nominal columns and class.

use super::classes::Classes;
use super::nominal::{Column, entropy};
use super::{Qualities, summary};

/// Put `OpenML`'s qualities, and two of our own with missing values as a separate level.
///
/// `OpenML`'s are defined for classification only; those over columns need all nominal
/// columns.
pub(super) fn put(qualities: &mut Qualities, columns: &[Column], classes: Option<&Classes>) {
    let of_class = classes.map_or(f64::NAN, |classes| {
        let counts = classes.counts.iter().map(|&count| count as u64);
        entropy(counts, classes.codes.len())
    });
    let is_known = classes.is_some()
        && columns
            .iter()
            .all(|column| column.theirs.entropy.is_finite());
    let theirs: &[Column] = if is_known { columns } else { &[] };
    let over = |value: fn(&Column) -> f64| theirs.iter().map(value);
    qualities.put("ClassEntropy", of_class);
    summary::put(qualities, "AttributeEntropy", over(|c| c.theirs.entropy));
    summary::put(qualities, "MutualInformation", over(|c| c.theirs.mutual));

    let mean_entropy = mean(over(|c| c.theirs.entropy));
    let mean_mutual = mean(over(|c| c.theirs.mutual));
    let is_informed = mean_mutual > 0.0;
    let if_informed = |value: f64| if is_informed { value } else { f64::NAN };
    qualities.put(
        "EquivalentNumberOfAtts",
        if_informed(of_class / mean_mutual),
    );
    let noise = (mean_entropy - mean_mutual) / mean_mutual;
    qualities.put("MeanNoiseToSignalRatio", if_informed(noise));

    let ours = |value: fn(&Column) -> f64| columns.iter().map(value);
    qualities.put("hs_mean_attribute_entropy", mean(ours(|c| c.ours.entropy)));
    let mutual = mean(ours(|c| c.ours.mutual));
    // Rounding may give a number slightly below 0; `max` would hide a NaN.
    let mutual = if mutual < 0.0 { 0.0 } else { mutual };
    qualities.put("hs_mean_mutual_information", mutual);
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    summary::mean(&sorted)
}

#[cfg(test)]
mod tests {
    use super::super::Nominal;
    use super::*;

    #[test]
    fn two_columns_that_tell_all_are_worth_one() {
        let classes = Classes::new(&[0, 0, 1, 1]);
        let nominal = Nominal {
            codes: &[0, 0, 1, 1],
            n_levels: 2,
            is_ordered: false,
        };
        let column = Column::of(&nominal, Some(&classes));
        let mut qualities = Qualities::default();
        put(&mut qualities, &[column, column], Some(&classes));
        let value = |name: &str| qualities.0.iter().find(|(n, _)| n == name).map(|&(_, v)| v);
        assert_eq!(value("EquivalentNumberOfAtts"), Some(1.0));
        assert_eq!(value("MeanNoiseToSignalRatio"), Some(0.0));
        assert_eq!(value("ClassEntropy"), Some(1.0));
    }
}
