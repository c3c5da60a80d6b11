//! Checks that arrays are valid trees.

use super::{Categories, CategoryArrays, FEATURE, TreeArrays, TreeForm};
use crate::Error;

pub(super) fn check_form(trees: &TreeArrays<'_>, form: &TreeForm<'_>) -> Result<(), Error> {
    if form.n_features == 0 || form.n_features > FEATURE as usize {
        return Err(Error::value(format!(
            "Trees must have 1 to {FEATURE} features. Got {}.",
            form.n_features
        )));
    }
    if form.baseline.is_empty() {
        return Err(Error::value("Trees must have at least one output."));
    }
    if !form.baseline.iter().all(|value| value.is_finite()) {
        return Err(Error::value("The baseline of trees must be finite."));
    }
    if form.largest.is_nan() || form.largest < 0.0 {
        return Err(Error::value(
            "The bound of the trees' inputs must not be negative.",
        ));
    }
    if form.mean && trees.roots.is_empty() {
        return Err(Error::value("A mean needs at least one tree."));
    }
    let n_nodes = trees.left.len();
    if n_nodes > i32::MAX as usize {
        return Err(Error::value(format!("{n_nodes} nodes are too many.")));
    }
    let lengths = [
        ("right", trees.right.len()),
        ("feature", trees.feature.len()),
        ("threshold", trees.threshold.len()),
        ("missing_left", trees.missing_left.len()),
        ("category_set", trees.category_set.len()),
    ];
    for (name, length) in lengths {
        if length != n_nodes {
            return Err(Error::length(name, n_nodes, length));
        }
    }
    Ok(())
}

/// Return the categorical features, and the offsets of their sets.
pub(super) fn check_categories(
    categories: &CategoryArrays<'_>,
    n_features: usize,
) -> Result<(Vec<Categories>, Vec<usize>), Error> {
    let CategoryArrays {
        features,
        offsets,
        values,
        set_offsets,
        sets,
    } = *categories;
    if !features.is_sorted_by(|a, b| a < b)
        || features.iter().any(|&f| f < 0 || f as usize >= n_features)
    {
        return Err(Error::value(format!(
            "Categorical features must ascend within 0..{n_features}."
        )));
    }
    if offsets.len() != features.len() + 1 {
        return Err(Error::length(
            "category_offsets",
            features.len() + 1,
            offsets.len(),
        ));
    }
    let offsets = check_offsets("categories", offsets, values.len())?;
    let set_offsets = check_offsets("sets of categories", set_offsets, sets.len())?;
    let listed = features
        .iter()
        .zip(offsets.windows(2))
        .map(|(&feature, bounds)| {
            let values = &values[bounds[0]..bounds[1]];
            // A last value of infinity is valid, but NaN is not, because it equals nothing.
            if !values.is_sorted_by(|a, b| a < b) || values.iter().any(|value| value.is_nan()) {
                return Err(Error::value(format!(
                    "Categories of feature {feature} must ascend."
                )));
            }
            Ok(Categories {
                feature: feature as usize,
                values: values.to_vec(),
            })
        })
        .collect::<Result<_, _>>()?;
    Ok((listed, set_offsets))
}

fn check_offsets(name: &str, offsets: &[i64], n_values: usize) -> Result<Vec<usize>, Error> {
    let ends_well = offsets.last() == Some(&(n_values as i64));
    if offsets.first() != Some(&0) || !ends_well || !offsets.is_sorted() {
        return Err(Error::value(format!(
            "Offsets of {name} must ascend from 0 to {n_values}."
        )));
    }
    Ok(offsets.iter().map(|&offset| offset as usize).collect())
}

pub(super) fn check_roots(trees: &TreeArrays<'_>) -> Result<Vec<u32>, Error> {
    let n_nodes = trees.left.len() as i64;
    let roots = trees.roots;
    let starts_well = match roots.first() {
        Some(&first) => first == 0,
        None => n_nodes == 0,
    };
    if !starts_well
        || !roots.is_sorted_by(|a, b| a < b)
        || roots.last().is_some_and(|&last| last >= n_nodes)
    {
        return Err(Error::value(format!(
            "Roots of trees must ascend from 0 and stay below {n_nodes}."
        )));
    }
    Ok(roots.iter().map(|&root| root as u32).collect())
}

pub(super) fn check_nodes(
    trees: &TreeArrays<'_>,
    roots: &[u32],
    categories: &CategoryArrays<'_>,
    n_features: usize,
) -> Result<(), Error> {
    let n_nodes = trees.left.len();
    let n_sets = categories.set_offsets.len() - 1;
    let mut has_parent = vec![false; n_nodes];
    for (tree, &root) in roots.iter().enumerate() {
        let root = root as usize;
        let end = roots.get(tree + 1).map_or(n_nodes, |&next| next as usize);
        for node in root..end {
            let refuse = |what: &str| Err(Error::value(format!("Node {node} of trees {what}.")));
            // Children come after their parents and have one parent each. Hence the nodes
            // reachable from a root form a tree, and every node is reachable.
            if node != root && !has_parent[node] {
                return refuse("has no parent");
            }
            let (left, right) = (trees.left[node], trees.right[node]);
            if left < 0 && right < 0 {
                continue;
            }
            for child in [left, right] {
                if child < 0 || child as usize <= node || child as usize >= end {
                    return refuse(&format!(
                        "must have children in {}..{end}. Got {child}",
                        node + 1
                    ));
                }
                if has_parent[child as usize] {
                    return refuse(&format!("shares its child {child}"));
                }
                has_parent[child as usize] = true;
            }
            let feature = trees.feature[node];
            if feature < 0 || feature as usize >= n_features {
                return refuse(&format!(
                    "must have a feature in 0..{n_features}. Got {feature}"
                ));
            }
            if trees.missing_left[node] > 1 {
                return refuse("must have 0 or 1 as the direction of missing values");
            }
            let set = trees.category_set[node];
            if categories.features.binary_search(&feature).is_ok() {
                if set < 0 || set as usize >= n_sets {
                    return refuse(&format!("must use a set in 0..{n_sets}. Got {set}"));
                }
            } else if set >= 0 {
                return refuse(&format!("uses a set on the numeric feature {feature}"));
            } else if trees.threshold[node].is_nan() {
                return refuse("must have a threshold. Got NaN");
            }
        }
    }
    Ok(())
}

pub(super) fn check_values(
    trees: &TreeArrays<'_>,
    form: &TreeForm<'_>,
    n_leaves: usize,
) -> Result<usize, Error> {
    let n_outputs = form.baseline.len();
    if !trees.values.iter().all(|value| value.is_finite()) {
        return Err(Error::value("Values of leaves must be finite."));
    }
    if trees.values.len() == n_leaves * n_outputs {
        Ok(n_outputs)
    } else if trees.values.len() == n_leaves && trees.roots.len() % n_outputs == 0 {
        Ok(1)
    } else {
        Err(Error::Shape(format!(
            "{n_leaves} leaves of {} trees with {n_outputs} outputs must have {n_leaves} \
             values or {}. Got {}.",
            trees.roots.len(),
            n_leaves.saturating_mul(n_outputs),
            trees.values.len()
        )))
    }
}
