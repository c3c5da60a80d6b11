//! The trainer: steps over batches of rows in random order.

use std::ops::Range;

use super::inputs::Embeddings;
use super::layer::{Batch, Work};
use super::loss::Targets;
use super::rates::{Rates, Settings};
use super::start::random_parameters;
use super::units::Dropout;
use crate::Error;
use crate::predict::network::lanes::{LANES, Lanes};
use crate::predict::network::{Form, Network, Parameters, embed, gather};
use crate::rng::Rng;

/// Training rows.
#[derive(Debug, Clone)]
pub struct Rows {
    /// Values of `prepare`, in row-major order.
    pub prepared: Vec<f32>,
    /// The target.
    pub targets: Targets,
    /// One weight per row.
    pub weight: Vec<f32>,
}

/// A network in training.
#[derive(Debug)]
pub struct Trainer {
    network: Network,
    moments: [Parameters; 2],
    rows: Rows,
    settings: Settings,
    rng: Rng,
    order: Vec<u32>,
    batch: usize,
    n_steps: i32,
    buffers: Buffers,
}

#[derive(Debug)]
struct Buffers {
    /// Columns of the rows of the batch.
    panels: Vec<Lanes>,
    layers: Vec<Batch>,
    gradient: Vec<Lanes>,
    back: Vec<Lanes>,
    embeddings: Embeddings,
    work: Work,
}

impl Trainer {
    /// Return a trainer with random parameters.
    ///
    /// # Errors
    /// [`Error::Value`] if the form is impossible or a class has no score,
    /// [`Error::Shape`] if the rows do not fit together.
    pub fn new(form: Form, rows: Rows, settings: Settings, seed: u64) -> Result<Self, Error> {
        form.check()?;
        let n_rows = rows.targets.len();
        let fits = n_rows > 0
            && u32::try_from(n_rows).is_ok()
            && rows.weight.len() == n_rows
            && rows.prepared.len() == n_rows * form.columns.len()
            && settings.batch > 0;
        if !fits {
            return Err(Error::Shape("The rows do not fit together.".into()));
        }
        let has_scores = match &rows.targets {
            Targets::Classes { codes, .. } => {
                form.n_outputs > 1 && codes.iter().all(|&code| (code as usize) < form.n_outputs)
            }
            Targets::Values(_) => form.n_outputs == 1,
        };
        if !has_scores {
            return Err(Error::value("The outputs do not fit the targets."));
        }
        let mut rng = Rng::new(seed, 0);
        let parameters = random_parameters(&form, &mut rng);
        let zeros = Parameters::zeros(&form);
        Ok(Self {
            buffers: Buffers {
                panels: Vec::new(),
                layers: parameters.layers.iter().map(|_| Batch::default()).collect(),
                gradient: Vec::new(),
                back: Vec::new(),
                embeddings: Embeddings::new(&parameters),
                work: Work::default(),
            },
            network: Network { form, parameters },
            moments: [zeros.clone(), zeros],
            rows,
            settings,
            rng,
            order: (0..n_rows as u32).collect(),
            batch: 0,
            n_steps: 0,
        })
    }

    /// Return the network with its present parameters.
    pub fn network(&self) -> &Network {
        &self.network
    }

    #[cfg(test)]
    pub(super) fn moments(&self) -> &[Parameters; 2] {
        &self.moments
    }

    /// Replace the parameters, not the moments of their gradients.
    ///
    /// # Errors
    /// As in [`Parameters::from_flat`].
    pub fn set_parameters(&mut self, flat: &[f32]) -> Result<(), Error> {
        self.network.parameters = Parameters::from_flat(&self.network.form, flat)?;
        Ok(())
    }

    /// Return the number of steps in which each row is used once.
    pub fn steps_per_epoch(&self) -> usize {
        (self.order.len() / self.settings.batch).max(1)
    }

    /// Train for some steps, during which the progress grows from `progress.start` to
    /// `progress.end`; rates are those of the middle of each step.
    ///
    /// # Errors
    /// Those of `check`, which is called before each step.
    pub fn train(
        &mut self,
        n_steps: usize,
        progress: Range<f64>,
        check: impl Fn() -> Result<(), Error>,
    ) -> Result<(), Error> {
        let n_batches = self.steps_per_epoch();
        let per_step = (progress.end - progress.start) / n_steps as f64;
        for step in 0..n_steps {
            check()?;
            if self.batch == 0 {
                self.rng.shuffle(&mut self.order);
            }
            let n_rows = self.order.len();
            let first = self.batch * n_rows / n_batches;
            let end = (self.batch + 1) * n_rows / n_batches;
            self.batch = (self.batch + 1) % n_batches;
            self.n_steps = self.n_steps.saturating_add(1);
            let progress = progress.start + (step as f64 + 0.5) * per_step;
            let rates = Rates::new(&self.settings, progress, self.n_steps);
            self.step(first..end, &rates);
        }
        Ok(())
    }

    fn step(&mut self, batch: Range<usize>, rates: &Rates) {
        let rows = &self.order[batch];
        let n_panels = rows.len().div_ceil(LANES);
        let Network { form, parameters } = &mut self.network;
        let buffers = &mut self.buffers;
        buffers.read(form, parameters, &self.rows.prepared, rows);
        let n_layers = parameters.layers.len();
        for index in 0..n_layers {
            let (layers, rest) = buffers.layers.split_at_mut(index + 1);
            let (units, outputs) = match rest.first_mut() {
                None => (None, &mut [][..]),
                Some(next) => {
                    let dropout = Dropout::new(rates.dropout, self.rng.next_u64());
                    let units = Some((form.activation, dropout));
                    (units, &mut next.inputs[..])
                }
            };
            layers[index].forward(&parameters.layers[index], units, n_panels, outputs);
        }
        buffers.differentiate(&self.rows, rows, form.n_outputs);
        let [mean, square] = &mut self.moments;
        for index in (0..n_layers).rev() {
            let layer = &mut parameters.layers[index];
            let n_all = form.n_members * n_panels;
            buffers.layers[index].backward(
                layer,
                [&mut mean.layers[index], &mut square.layers[index]],
                (index, rates),
                &mut buffers.gradient[..n_all * layer.n_out],
                &mut buffers.back[..n_all * layer.n_in],
                &mut buffers.work,
            );
            std::mem::swap(&mut buffers.gradient, &mut buffers.back);
        }
        if !buffers.embeddings.is_empty() {
            let size = n_panels * form.n_inputs();
            let (first, others) = buffers.gradient.split_at_mut(size);
            let others = &others[..(form.n_members - 1) * size];
            for other in others.chunks_exact(size) {
                add(first, other);
            }
            let embeddings = &mut buffers.embeddings;
            embeddings.differentiate(form, parameters, &buffers.panels, first);
            embeddings.update(parameters, mean, square, rates);
        }
    }
}

impl Buffers {
    /// Make room for a batch, and write its columns and inputs.
    fn read(&mut self, form: &Form, parameters: &Parameters, prepared: &[f32], rows: &[u32]) {
        let n_panels = rows.len().div_ceil(LANES);
        let (n_columns, n_inputs) = (form.columns.len(), form.n_inputs());
        self.panels.resize(n_panels * n_columns, Lanes::ZERO);
        let mut widest = 0;
        for (index, (batch, layer)) in self.layers.iter_mut().zip(&parameters.layers).enumerate() {
            let n_sets = if index == 0 { 1 } else { form.n_members };
            batch.resize(layer, n_panels, form.n_members, n_sets);
            widest = widest.max(layer.n_in).max(layer.n_out);
        }
        let size = form.n_members * n_panels * widest;
        self.gradient.resize(size, Lanes::ZERO);
        self.back.resize(size, Lanes::ZERO);
        let panels = self.panels.chunks_exact_mut(n_columns);
        let inputs = self.layers[0].inputs.chunks_exact_mut(n_inputs);
        for ((rows, panel), inputs) in rows.chunks(LANES).zip(panels).zip(inputs) {
            gather(prepared, n_columns, rows, panel);
            embed(form, parameters, panel, inputs);
        }
    }

    /// Write the gradient of the loss in the scores of all members.
    fn differentiate(&mut self, all: &Rows, rows: &[u32], n_outputs: usize) {
        let scores = &self.layers[self.layers.len() - 1].sums;
        let share = 1.0 / rows.len() as f32;
        let n_panels = rows.len().div_ceil(LANES);
        let gradient = self.gradient.chunks_exact_mut(n_outputs);
        for (index, (scores, gradient)) in scores.chunks_exact(n_outputs).zip(gradient).enumerate()
        {
            let first = index % n_panels * LANES;
            let rows = &rows[first..rows.len().min(first + LANES)];
            let mut weight = [0.0; LANES];
            for (weight, &row) in weight.iter_mut().zip(rows) {
                *weight = share * all.weight[row as usize];
            }
            gradient.copy_from_slice(scores);
            all.targets.differentiate(rows, &weight, gradient);
        }
    }
}

fn add(sums: &mut [Lanes], terms: &[Lanes]) {
    for (sum, term) in sums.iter_mut().zip(terms) {
        for lane in 0..LANES {
            sum.0[lane] += term.0[lane];
        }
    }
}
