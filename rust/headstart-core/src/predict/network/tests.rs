//! Networks against sums by hand, and refusals.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

fn form() -> Form {
    Form {
        columns: vec![
            Column::Number,
            Column::Periodic,
            Column::OneHot(2),
            Column::Embedded(3),
        ],
        hidden: vec![5, 18],
        n_outputs: 3,
        n_members: 2,
        activation: Activation::Mish,
    }
}

fn flat(form: &Form) -> Vec<f32> {
    let mut parameters = Parameters::zeros(form);
    let n = parameters.to_flat().len();
    let flat: Vec<f32> = (0..n)
        .map(|place| ((place * 37 % 101) as f32 - 50.0) / 100.0)
        .collect();
    parameters = Parameters::from_flat(form, &flat).unwrap();
    assert_eq!(parameters.to_flat(), flat);
    flat
}

fn rows(n_rows: usize) -> Vec<f32> {
    let form = form();
    let values: Vec<f64> = (0..n_rows)
        .flat_map(|row| {
            let x = row as f64;
            [x.sin(), x.cos(), (row % 2) as f64, (row % 4) as f64]
        })
        .collect();
    let mut prepared = vec![0.0; values.len()];
    prepare(&form.columns, &values, &mut prepared);
    prepared
}

#[test]
fn a_prediction_is_that_of_the_definition() {
    let form = form();
    let flat = flat(&form);
    let network = Network::new(form.clone(), &flat).unwrap();
    let prepared = rows(3);
    let found = network.predict(&prepared, || Ok(())).unwrap();
    let mut rest = &flat[..];
    let mut take = |n: usize| {
        let (head, tail) = rest.split_at(n);
        rest = tail;
        head.iter()
            .map(|&value| f64::from(value))
            .collect::<Vec<f64>>()
    };
    let (frequency, phase) = (take(WAVES), take(WAVES));
    let (mixing, offset) = (take(WAVES * MIXED), take(MIXED));
    let vectors = take(3 * CODE_SIZE);
    let layers: Vec<_> = form
        .layers()
        .into_iter()
        .enumerate()
        .map(|(index, (n_in, n_out))| {
            let strengths = if index < 2 { 2 * n_out } else { 0 };
            (
                take(2 * n_in),
                take(n_in * n_out),
                take(2 * n_out),
                take(strengths),
            )
        })
        .collect();
    for (row, values) in prepared.chunks(4).enumerate() {
        let mut inputs = vec![f64::from(values[0])];
        let number = f64::from(values[1]);
        for mixed in 0..MIXED {
            inputs.push(
                offset[mixed]
                    + (0..WAVES)
                        .map(|wave| {
                            let turns = frequency[wave] * number + phase[wave];
                            mixing[wave * MIXED + mixed] * (std::f64::consts::TAU * turns).cos()
                        })
                        .sum::<f64>(),
            );
        }
        inputs.push(number);
        inputs.extend((0..2).map(|code| f64::from(u8::from(values[2] == code as f32))));
        let code = values[3] as usize;
        inputs.extend((0..CODE_SIZE).map(|at| vectors.get(code * CODE_SIZE + at).unwrap_or(&0.0)));
        let mut shares = [0.0; 3];
        for member in 0..2 {
            let mut hidden = inputs.clone();
            for (factors, weights, bias, strength) in &layers {
                let (n_in, n_out) = (hidden.len(), bias.len() / 2);
                hidden = (0..n_out)
                    .map(|n| {
                        let sum: f64 = (0..n_in)
                            .map(|k| {
                                hidden[k] * factors[member * n_in + k] * weights[k * n_out + n]
                            })
                            .sum();
                        let z = sum + bias[member * n_out + n];
                        let mish = z * z.exp().ln_1p().tanh();
                        strength
                            .get(member * n_out + n)
                            .map_or(z, |s| z + s * (mish - z))
                    })
                    .collect();
            }
            let total: f64 = hidden.iter().map(|score| score.exp()).sum();
            for (share, score) in shares.iter_mut().zip(&hidden) {
                *share += score.exp() / total / 2.0;
            }
        }
        for (found, expected) in found[row * 3..].iter().zip(shares) {
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        }
    }
}

#[test]
fn a_prediction_does_not_depend_on_the_other_rows() {
    let form = form();
    let network = Network::new(form.clone(), &flat(&form)).unwrap();
    let prepared = rows(37);
    let together = network.predict(&prepared, || Ok(())).unwrap();
    for (row, values) in prepared.chunks(4).enumerate() {
        let alone = network.predict(values, || Ok(())).unwrap();
        assert_eq!(alone, together[row * 3..row * 3 + 3]);
    }
}

#[test]
fn impossible_forms_are_refused() {
    let possible = form();
    let flat = flat(&possible);
    assert!(Network::new(possible.clone(), &flat[1..]).is_err());
    let forms = [
        Form {
            columns: vec![],
            ..possible.clone()
        },
        Form {
            hidden: vec![4, 0],
            ..possible.clone()
        },
        Form {
            hidden: vec![1 << 20; 16],
            ..possible.clone()
        },
        Form {
            hidden: vec![3; 17],
            ..possible.clone()
        },
        Form {
            n_outputs: 0,
            ..possible.clone()
        },
        Form {
            n_members: 0,
            ..possible.clone()
        },
        Form {
            n_members: usize::MAX,
            ..possible.clone()
        },
        Form {
            columns: vec![Column::OneHot(usize::MAX), Column::Number],
            ..possible.clone()
        },
        Form {
            columns: vec![Column::Embedded(usize::MAX)],
            ..possible.clone()
        },
        Form {
            columns: vec![Column::Embedded(usize::MAX); 2],
            ..possible
        },
    ];
    for form in forms {
        assert!(Network::new(form, &flat).is_err());
    }
}
