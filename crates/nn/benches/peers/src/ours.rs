//! `nn`, this project: fused, or by the equations on the tape.

use nn::{
    Adam, AdamConfig, ForwardOptions, Generator, Linear, Lstm, LstmConfig, Module, module, mse_loss,
};
use tensor::{Tape, Tensor, Var};

use crate::worker::Contestant;
use crate::workload::{Data, LayerWeights, Workload};

#[derive(Clone)]
struct Model {
    workload: Workload,
    /// By the equations.
    reference: bool,
    lstm: Lstm<f32>,
    linear: Linear<f32>,
}

module! { impl Module<f32> for Model { lstm, linear, .. } }

impl Model {
    fn forward<'t>(&'t self, x: Var<'t, f32>) -> Var<'t, f32> {
        let Workload { seq, batch, flatten, .. } = self.workload;
        let options = ForwardOptions { reference: self.reference, ..ForwardOptions::default() };
        let (output, _) = self.lstm.forward_with(x, options);
        let read = if flatten { output } else { output.narrow(0, seq - 1, 1) };
        self.linear.forward(read.reshape([batch, self.workload.head()]))
    }
}

/// Gives a model's parameters these values, in torch's order.
pub fn load<'a>(model: &mut impl Module<f32>, values: impl IntoIterator<Item = &'a Vec<f32>>) {
    for ((_, parameter), value) in model.named_parameters_mut().into_iter().zip(values) {
        parameter.value_mut().data_mut().copy_from_slice(value);
    }
}

pub struct Ours<const REFERENCE: bool> {
    model: Model,
    adam: Adam<f32>,
    tape: Tape<f32>,
    inference: Tape<f32>,
    x: Tensor<f32>,
    y: Tensor<f32>,
}

impl<const REFERENCE: bool> Contestant for Ours<REFERENCE> {
    fn new(w: &Workload, data: Data) -> Self {
        let config = LstmConfig {
            num_layers: w.layers,
            bidirectional: w.directions == 2,
            batch_first: w.flatten,
            ..LstmConfig::new(w.input, w.hidden)
        };
        let generator = &mut Generator::manual_seed(0);
        let lstm = Lstm::new(config, generator);
        let linear = Linear::new(w.head(), 1, generator);
        let mut model = Model { workload: *w, reference: REFERENCE, lstm, linear };
        let layers = data.layers.iter().flat_map(LayerWeights::all);
        load(&mut model, layers.chain([&data.weight, &data.bias]));
        let x = if w.flatten {
            Tensor::new([w.batch, w.seq, w.input], data.x_batch_first(w))
        } else {
            Tensor::new([w.seq, w.batch, w.input], data.x)
        };
        let y = Tensor::new([w.batch, 1], data.y);
        let adam = Adam::new(AdamConfig { lr: w.lr, ..AdamConfig::default() });
        Ours { model, adam, tape: Tape::new(), inference: Tape::no_grad(), x, y }
    }

    fn gradients(&mut self) -> Vec<f64> {
        let y = self.model.forward(self.tape.constant(self.x.clone()));
        let gradients = mse_loss(y, self.tape.constant(self.y.clone())).backward();
        self.tape.reset();
        let norm = |gradient: &Tensor<f32>| {
            gradient.data().iter().map(|&g| f64::from(g).powi(2)).sum::<f64>().sqrt()
        };
        let list = self.model.named_parameters().into_iter();
        list.map(|(_, parameter)| gradients.get(parameter).map_or(0.0, norm)).collect()
    }

    fn step(&mut self) -> f64 {
        let y = self.model.forward(self.tape.constant(self.x.clone()));
        let loss = mse_loss(y, self.tape.constant(self.y.clone()));
        let value = loss.value().item();
        let gradients = loss.backward();
        self.tape.reset();
        self.adam.step(&mut self.model, &gradients);
        value.into()
    }

    fn forward(&mut self, recorded: bool) -> Option<f64> {
        let tape = if recorded { &mut self.tape } else { &mut self.inference };
        let y = self.model.forward(tape.constant(self.x.clone()));
        let value = y.value().data()[0];
        tape.reset();
        Some(value.into())
    }
}
