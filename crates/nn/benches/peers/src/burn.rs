//! burn, with its CPU backend `flex`.

use burn::module::{Module, Param};
use burn::nn::loss::{MseLoss, Reduction};
use burn::nn::{GateController, Linear, LinearConfig, Lstm, LstmConfig};
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Gradients, Tensor, TensorData};

use crate::worker::Contestant;
use crate::workload::{Data, LayerWeights, Workload};

#[derive(Module, Debug)]
struct Model {
    /// Layer by layer, and in each the directions.
    layers: Vec<Lstm>,
    linear: Linear,
}

pub struct Burn {
    workload: Workload,
    /// `None` only while a step replaces it.
    model: Option<Model>,
    adam: ModuleOptimizer,
    x: Tensor<3>,
    y: Tensor<2>,
}

/// Rows `gate·hidden ..` of a matrix of torch's, transposed, as burn keeps it.
fn gate_weight(all: &[f32], gate: usize, hidden: usize, device: &Device) -> Param<Tensor<2>> {
    let inputs = all.len() / (4 * hidden);
    let part = &all[gate * hidden * inputs..];
    let transposed = (0..inputs).flat_map(|i| (0..hidden).map(move |h| part[h * inputs + i]));
    Param::from_data(TensorData::new(transposed.collect(), [inputs, hidden]), device)
}

fn gate_bias(all: &[f32], gate: usize, hidden: usize, device: &Device) -> Option<Param<Tensor<1>>> {
    let part = all[gate * hidden..][..hidden].to_vec();
    Some(Param::from_data(TensorData::new(part, [hidden]), device))
}

/// The gates in torch's order.
fn gates(lstm: &mut Lstm) -> [&mut GateController; 4] {
    let forget = lstm.forget_gate.as_mut().expect("not coupled to the input gate");
    [&mut lstm.input_gate, forget, &mut lstm.cell_gate, &mut lstm.output_gate]
}

fn load(lstm: &mut Lstm, weights: &LayerWeights, hidden: usize, device: &Device) {
    for (k, gate) in gates(lstm).into_iter().enumerate() {
        gate.input_transform.weight = gate_weight(&weights.ih, k, hidden, device);
        gate.input_transform.bias = gate_bias(&weights.bias_ih, k, hidden, device);
        gate.hidden_transform.weight = gate_weight(&weights.hh, k, hidden, device);
        gate.hidden_transform.bias = gate_bias(&weights.bias_hh, k, hidden, device);
    }
}

fn square<const D: usize>(parameter: &Param<Tensor<D>>, gradients: &Gradients) -> f64 {
    let Some(gradient) = parameter.val().grad(gradients) else { return 0.0 };
    let numbers: Vec<f32> = gradient.into_data().try_to_vec().expect("f32");
    numbers.iter().map(|&g| f64::from(g).powi(2)).sum()
}

impl Burn {
    fn predict(&self) -> Tensor<2> {
        let Workload { seq, batch, directions, flatten, .. } = self.workload;
        let model = self.model.as_ref().expect("between steps");
        let mut x = self.x.clone();
        let mut last = None;
        for layers in model.layers.chunks(directions) {
            let (mut outputs, mut states) = (Vec::new(), Vec::new());
            for lstm in layers {
                let (output, state) = lstm.forward(x.clone(), None);
                outputs.push(output);
                states.push(state.hidden);
            }
            x = if directions == 1 { outputs.remove(0) } else { Tensor::cat(outputs, 2) };
            last = (directions == 1 && !flatten).then(|| states.remove(0));
        }
        let head = self.workload.head();
        let read = match last {
            Some(hidden) => hidden, // cheaper than the same from the output
            None if flatten => x.reshape([batch, head]),
            None => x.narrow(1, seq - 1, 1).reshape([batch, head]),
        };
        model.linear.forward(read)
    }

    fn loss(&self) -> Tensor<1> {
        MseLoss::new().forward(self.predict(), self.y.clone(), Reduction::Mean)
    }
}

impl Contestant for Burn {
    fn new(w: &Workload, data: Data) -> Self {
        let device = &Device::flex().autodiff();
        let layer = |(k, weights): (usize, &LayerWeights)| {
            let (input, hidden) = w.layer(k);
            let config = LstmConfig::new(input, hidden, true);
            let mut lstm = config.with_reverse(k % w.directions == 1).init(device);
            load(&mut lstm, weights, hidden, device);
            lstm
        };
        let layers = data.layers.iter().enumerate().map(layer).collect();
        let mut linear = LinearConfig::new(w.head(), 1).init(device);
        let x = TensorData::new(data.x_batch_first(w), [w.batch, w.seq, w.input]);
        let weight = TensorData::new(data.weight, [w.head(), 1]);
        linear.weight = Param::from_data(weight, device);
        linear.bias = Some(Param::from_data(TensorData::new(data.bias, [1]), device));
        Burn {
            workload: *w,
            model: Some(Model { layers, linear }),
            adam: AdamConfig::new().with_epsilon(1e-8).init(),
            x: Tensor::from_data(x, device),
            y: Tensor::from_data(TensorData::new(data.y, [w.batch, 1]), device),
        }
    }

    fn gradients(&mut self) -> Vec<f64> {
        let gradients = &self.loss().backward();
        let model = self.model.as_mut().expect("between steps");
        let mut squares = Vec::new();
        for lstm in &mut model.layers {
            let mut sums = [0.0; 4];
            for gate in gates(lstm) {
                for (k, linear) in
                    [&gate.input_transform, &gate.hidden_transform].iter().enumerate()
                {
                    sums[k] += square(&linear.weight, gradients);
                    sums[2 + k] += linear.bias.as_ref().map_or(0.0, |b| square(b, gradients));
                }
            }
            squares.extend(sums);
        }
        squares.push(square(&model.linear.weight, gradients));
        squares.extend(model.linear.bias.as_ref().map(|bias| square(bias, gradients)));
        squares.into_iter().map(f64::sqrt).collect()
    }

    fn step(&mut self) -> f64 {
        let loss = self.loss();
        let gradients = loss.backward();
        let model = self.model.take().expect("between steps");
        let gradients = GradientsParams::from_grads(gradients, &model);
        self.model = Some(self.adam.step(self.workload.lr, model, gradients));
        loss.into_scalar::<f32>().into()
    }
}
