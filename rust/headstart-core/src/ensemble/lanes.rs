//! Loops over rows in lanes of fixed order, which the compiler vectorises, with the same
//! sums on every machine.

/// Rows that are computed together.
pub(super) const LANES: usize = 8;

/// Call `visit` with `term` of each row, eight rows at a time; the last block is padded
/// with `neutral`. Slices of units represent absent columns.
#[inline]
pub(super) fn visit_lanes<A: Copy, B: Copy, C: Copy, D: Copy>(
    (a, b, c, d): (&[A], &[B], &[C], &[D]),
    neutral: f64,
    term: impl Fn(A, B, C, D) -> f64,
    mut visit: impl FnMut(&[f64; LANES]),
) {
    let blocks = (a.chunks_exact(LANES).zip(b.chunks_exact(LANES)))
        .zip(c.chunks_exact(LANES).zip(d.chunks_exact(LANES)));
    for ((a, b), (c, d)) in blocks {
        let mut values = [0.0; LANES];
        for lane in 0..LANES {
            values[lane] = term(a[lane], b[lane], c[lane], d[lane]);
        }
        visit(&values);
    }
    let whole = a.len() / LANES * LANES;
    if whole < a.len() {
        let mut values = [neutral; LANES];
        for (row, value) in (whole..a.len()).zip(&mut values) {
            *value = term(a[row], b[row], c[row], d[row]);
        }
        visit(&values);
    }
}

/// Sum `term` over all rows, in lanes of fixed order.
#[inline]
pub(super) fn lane_sum<A: Copy, B: Copy, C: Copy, D: Copy>(
    columns: (&[A], &[B], &[C], &[D]),
    term: impl Fn(A, B, C, D) -> f64,
) -> f64 {
    let mut lanes = [0.0; LANES];
    visit_lanes(columns, 0.0, term, |values| {
        for (lane, value) in lanes.iter_mut().zip(values) {
            *lane += value;
        }
    });
    lanes.iter().sum()
}

/// Return an absent column.
pub(super) fn no_column(n: usize) -> Vec<()> {
    // Units have no size: nothing is allocated.
    vec![(); n]
}
