//! Gradients against finite differences, and properties of training.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::predict::network::{Activation, Column, Form, Network, prepare};
use crate::rng::Rng;

fn form(n_outputs: usize, n_members: usize) -> Form {
    Form {
        columns: vec![
            Column::Number,
            Column::Periodic,
            Column::OneHot(3),
            Column::Embedded(4),
        ],
        hidden: vec![3, 17],
        n_outputs,
        n_members,
        // Its slopes have no jumps.
        activation: Activation::Mish,
    }
}

fn rows(n_rows: usize, n_classes: u32) -> Rows {
    let columns = form(1, 1).columns;
    let mut rng = Rng::new(7, 0);
    let values: Vec<f64> = (0..n_rows)
        .flat_map(|_| {
            [
                4.0 * rng.uniform() - 2.0,
                4.0 * rng.uniform() - 2.0,
                rng.below(4) as f64,
                rng.below(5) as f64,
            ]
        })
        .collect();
    let mut prepared = vec![0.0; values.len()];
    prepare(&columns, &values, &mut prepared);
    let targets = if n_classes == 0 {
        Targets::Values((0..n_rows).map(|_| rng.uniform() as f32).collect())
    } else {
        Targets::Classes {
            codes: (0..n_rows)
                .map(|_| rng.below(u64::from(n_classes)) as u32)
                .collect(),
            smoothing: 0.1,
        }
    };
    let weight = (0..n_rows).map(|_| 0.5 + rng.uniform() as f32).collect();
    Rows {
        prepared,
        targets,
        weight,
    }
}

fn settings(batch: usize) -> Settings {
    Settings {
        learning_rate: 0.05,
        weight_decay: 0.02,
        dropout: 0.0,
        batch,
    }
}

/// Return the trainer with random parameters in all places, the last layer too.
fn trainer(form: &Form, rows: &Rows, settings: Settings) -> Trainer {
    let mut trainer = Trainer::new(form.clone(), rows.clone(), settings, 3).unwrap();
    let mut rng = Rng::new(11, 0);
    let mut flat = trainer.network().parameters.to_flat();
    for value in &mut flat {
        *value += (rng.uniform() - 0.5) as f32;
    }
    trainer.set_parameters(&flat).unwrap();
    trainer
}

/// Return the loss that training minimises, of one member after the other.
fn loss(network: &Network, rows: &Rows) -> f64 {
    let form = Form {
        n_members: 1,
        ..network.form.clone()
    };
    let mut total = 0.0;
    for member in 0..network.form.n_members {
        let mut parameters = network.parameters.clone();
        for layer in &mut parameters.layers {
            let keep = |values: &mut Vec<f32>, n: usize| {
                if !values.is_empty() {
                    *values = values[member * n..(member + 1) * n].to_vec();
                }
            };
            keep(&mut layer.factors, layer.n_in);
            keep(&mut layer.bias, layer.n_out);
            keep(&mut layer.strength, layer.n_out);
        }
        let single = Network {
            form: form.clone(),
            parameters,
        };
        let outputs = single.predict(&rows.prepared, || Ok(())).unwrap();
        let n_outputs = form.n_outputs;
        for (row, output) in outputs.chunks(n_outputs).enumerate() {
            let loss = match &rows.targets {
                Targets::Values(values) => (output[0] - f64::from(values[row])).powi(2) / 2.0,
                Targets::Classes { codes, smoothing } => {
                    let smoothing = f64::from(*smoothing);
                    let spread: f64 = output.iter().map(|share| share.ln()).sum();
                    let hit = output[codes[row] as usize].ln();
                    -(1.0 - smoothing) * hit - smoothing / n_outputs as f64 * spread
                }
            };
            total += f64::from(rows.weight[row]) * loss;
        }
    }
    total / rows.weight.len() as f64
}

#[test]
fn gradients_are_the_slopes_of_the_loss() {
    for (n_outputs, n_members) in [(1, 1), (1, 3), (3, 1), (2, 2)] {
        let form = form(n_outputs, n_members);
        let n_classes = if n_outputs == 1 { 0 } else { n_outputs as u32 };
        let rows = rows(21, n_classes);
        // A step of rate 0 leaves a tenth of the gradient in the mean.
        let mut still = trainer(
            &form,
            &rows,
            Settings {
                learning_rate: 0.0,
                ..settings(21)
            },
        );
        still.train(1, 0.0..1.0, || Ok(())).unwrap();
        let gradient: Vec<f64> = still.moments()[0]
            .to_flat()
            .iter()
            .map(|&mean| f64::from(mean) * 10.0)
            .collect();
        let flat = still.network().parameters.to_flat();
        assert_eq!(flat.len(), gradient.len());
        let largest = gradient
            .iter()
            .fold(0.0_f64, |size, slope| size.max(slope.abs()));
        let step = 4e-3;
        for place in 0..flat.len() {
            let at = |shift: f32| {
                let mut moved = flat.clone();
                moved[place] += shift;
                loss(&Network::new(form.clone(), &moved).unwrap(), &rows)
            };
            let slope = (at(step) - at(-step)) / f64::from(2.0 * step);
            let found = gradient[place];
            assert!(
                (found - slope).abs() < 2e-3 * largest + 2e-2 * slope.abs(),
                "parameter {place} of {n_outputs} outputs, {n_members} members: {found} {slope}"
            );
        }
    }
}

#[test]
fn training_learns_what_the_columns_tell() {
    for (n_outputs, n_members) in [(1, 1), (1, 3), (3, 1), (3, 2)] {
        let form = form(n_outputs, n_members);
        let mut rows = rows(200, if n_outputs == 1 { 0 } else { 3 });
        let columns = rows.prepared.chunks_exact(form.columns.len());
        match &mut rows.targets {
            Targets::Values(values) => {
                for (value, row) in values.iter_mut().zip(columns) {
                    *value = row[0] + row[1] * row[1] - row[2];
                }
            }
            Targets::Classes { codes, smoothing } => {
                *smoothing = 0.0;
                for (code, row) in codes.iter_mut().zip(columns) {
                    *code = u32::from(row[0] > 0.0) + u32::from(row[1] + row[3] > 2.0);
                }
            }
        }
        // With other seeds the losses fall to at most 0.001 and 0.2 of those before.
        let bound = if n_outputs == 1 { 0.02 } else { 0.3 };
        let mut trainer = Trainer::new(form, rows.clone(), settings(16), 0).unwrap();
        assert_eq!(trainer.steps_per_epoch(), 12);
        let before = loss(trainer.network(), &rows);
        trainer.train(480, 0.0..1.0, || Ok(())).unwrap();
        let after = loss(trainer.network(), &rows);
        assert!(
            after < bound * before,
            "{n_outputs} {n_members}: {before} {after}"
        );
    }
}

#[test]
fn the_parts_of_a_training_do_not_matter_and_its_seed_does() {
    let form = form(3, 1);
    let settings = Settings {
        dropout: 0.2,
        ..settings(16)
    };
    let trained = |seed: u64, parts: &[usize]| {
        let mut trainer = Trainer::new(form.clone(), rows(50, 3), settings, seed).unwrap();
        let mut start = 0.0;
        for &part in parts {
            let end = start + part as f64 / 16.0;
            trainer.train(part, start..end, || Ok(())).unwrap();
            start = end;
        }
        trainer.network().parameters.to_flat()
    };
    let whole = trained(1, &[16]);
    assert_eq!(whole, trained(1, &[4, 8, 4]));
    assert_ne!(whole, trained(2, &[16]));
}

#[test]
fn rows_that_do_not_fit_are_refused() {
    let good = rows(5, 3);
    let fits =
        |form: Form, rows: Rows, settings: Settings| Trainer::new(form, rows, settings, 0).is_ok();
    assert!(fits(form(3, 1), good.clone(), settings(2)));
    assert!(!fits(form(2, 1), good.clone(), settings(2)));
    assert!(!fits(form(1, 1), good.clone(), settings(2)));
    assert!(!fits(form(3, 1), good.clone(), settings(0)));
    assert!(!fits(form(3, 0), good.clone(), settings(2)));
    let short = Rows {
        weight: vec![1.0; 4],
        ..good
    };
    assert!(!fits(form(3, 1), short, settings(2)));
    assert!(!fits(form(1, 1), rows(0, 0), settings(2)));
}
