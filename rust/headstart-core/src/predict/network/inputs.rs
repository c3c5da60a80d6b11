//! From rows of a matrix to panels of inputs of the first layer.

use super::form::{CODE_SIZE, Column, Form, MIXED, WAVES};
use super::lanes::{LANES, Lanes, cosine_and_sine, kernel};
use super::parameters::Parameters;

/// Numbers are bounded by this, smoothly.
const BOUND: f64 = 3.0;

/// Larger numbers count as this: their squares must not overflow.
const LARGEST: f64 = 1e100;

/// Write rows of a matrix in single precision: bounded numbers, and codes. A code that the
/// column does not have becomes the number of its codes.
pub fn prepare(columns: &[Column], values: &[f64], prepared: &mut [f32]) {
    let rows = values.chunks_exact(columns.len());
    for (row, prepared) in rows.zip(prepared.chunks_exact_mut(columns.len())) {
        for ((&value, prepared), column) in row.iter().zip(prepared).zip(columns) {
            *prepared = match column {
                Column::Number | Column::Periodic => bounded(value),
                Column::OneHot(n_codes) | Column::Embedded(n_codes) => {
                    let n_codes = *n_codes as f64;
                    let is_code = (0.0..n_codes).contains(&value);
                    (if is_code { value.floor() } else { n_codes }) as f32
                }
            };
        }
    }
}

fn bounded(value: f64) -> f32 {
    if value.is_nan() {
        return 0.0;
    }
    let value = value.clamp(-LARGEST, LARGEST);
    let ratio = value / BOUND;
    (value / ratio.mul_add(ratio, 1.0).sqrt()) as f32
}

/// Gather prepared rows to a panel, one entry per column; lanes without a row have zeros.
pub(crate) fn gather(prepared: &[f32], n_columns: usize, rows: &[u32], panel: &mut [Lanes]) {
    panel.fill(Lanes::ZERO);
    for (lane, &row) in rows.iter().enumerate().take(LANES) {
        let start = row as usize * n_columns;
        let row = &prepared[start..start + n_columns];
        for (entry, &value) in panel.iter_mut().zip(row) {
            entry.0[lane] = value;
        }
    }
}

/// Write the inputs of the first layer for a panel of columns.
pub(crate) fn embed(form: &Form, parameters: &Parameters, panel: &[Lanes], inputs: &mut [Lanes]) {
    let (mut input, mut periodic, mut code) = (0, 0, 0);
    for (column, values) in form.columns.iter().zip(panel) {
        let target = &mut inputs[input..input + column.n_inputs()];
        match column {
            Column::Number => target[0] = *values,
            Column::Periodic => {
                let waves = periodic * WAVES..(periodic + 1) * WAVES;
                mix_waves(
                    values,
                    &parameters.frequency[waves.clone()],
                    &parameters.phase[waves.clone()],
                    &parameters.mixing[waves.start * MIXED..waves.end * MIXED],
                    &parameters.offset[periodic * MIXED..(periodic + 1) * MIXED],
                    target,
                );
                periodic += 1;
            }
            Column::OneHot(_) => {
                target.fill(Lanes::ZERO);
                for (lane, &value) in values.0.iter().enumerate() {
                    if let Some(entry) = target.get_mut(value as usize) {
                        entry.0[lane] = 1.0;
                    }
                }
            }
            Column::Embedded(n_codes) => {
                target.fill(Lanes::ZERO);
                let end = (code + n_codes) * CODE_SIZE;
                let vectors = &parameters.vectors[code * CODE_SIZE..end];
                for (lane, &value) in values.0.iter().enumerate() {
                    let vector = vectors.chunks_exact(CODE_SIZE).nth(value as usize);
                    for (entry, &value) in target.iter_mut().zip(vector.unwrap_or(&[])) {
                        entry.0[lane] = value;
                    }
                }
                code += n_codes;
            }
        }
        input += column.n_inputs();
    }
}

kernel! {
/// Write mixed waves of a number, and the number.
fn mix_waves(
    numbers: &Lanes,
    frequency: &[f32],
    phase: &[f32],
    mixing: &[f32],
    offset: &[f32],
    output: &mut [Lanes],
) {
    let mut sums = [[0.0; LANES]; MIXED];
    for (sums, offset) in sums.iter_mut().zip(offset) {
        *sums = [*offset; LANES];
    }
    let waves = frequency.iter().zip(phase).zip(mixing.chunks_exact(MIXED));
    for ((frequency, phase), mixing) in waves {
        let turns = numbers.0.map(|number| frequency.mul_add(number, *phase));
        let cosines = turns.map(|turns| cosine_and_sine(turns).0);
        for (sums, weight) in sums.iter_mut().zip(mixing) {
            for (sum, cosine) in sums.iter_mut().zip(cosines) {
                *sum = weight.mul_add(cosine, *sum);
            }
        }
    }
    for (output, sums) in output.iter_mut().zip(&sums) {
        output.0 = *sums;
    }
    output[MIXED] = *numbers;
}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_bounded_and_unknown_codes_have_no_input() {
        let columns = [Column::Number, Column::OneHot(2), Column::Embedded(3)];
        let values = [
            [0.3, 1.0, 2.0],
            [1e300, 2.0, -1.0],
            [f64::NEG_INFINITY, f64::NAN, 1e300],
            [f64::NAN, 0.5, 2.9],
        ];
        let mut prepared = [0.0; 12];
        prepare(&columns, values.as_flattened(), &mut prepared);
        assert!((prepared[0] - 0.3 / 1.01_f32.sqrt()).abs() < 1e-6);
        assert_eq!(prepared[1..3], [1.0, 2.0]);
        assert_eq!(prepared[3..6], [3.0, 2.0, 3.0]);
        assert_eq!(prepared[6..9], [-3.0, 2.0, 3.0]);
        assert_eq!(prepared[9..], [0.0, 0.0, 2.0]);
    }
}
