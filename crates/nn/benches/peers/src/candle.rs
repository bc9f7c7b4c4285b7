//! candle: the LSTM of candle-nn, which reads one layer in one direction.

use std::collections::HashMap;

use candle_core::{DType, Device, IndexOp, Result, Tensor, Var};
use candle_nn::loss::mse;
use candle_nn::rnn::{Direction, LSTM, LSTMConfig, RNN};
use candle_nn::{AdamW, Linear, Module, Optimizer, ParamsAdamW, VarBuilder};

use crate::worker::Contestant;
use crate::workload::{Data, Workload};

pub struct Candle {
    workload: Workload,
    layers: Vec<LSTM>,
    linear: Linear,
    adam: AdamW,
    /// In torch's order.
    vars: Vec<Var>,
    x: Tensor,
    y: Tensor,
}

impl Candle {
    fn build(w: &Workload, data: Data) -> Result<Self> {
        let device = &Device::Cpu;
        let mut vars = Vec::new();
        let mut var = |shape: &[usize], numbers: Vec<f32>| -> Result<Tensor> {
            let var = Var::from_vec(numbers, shape, device)?;
            vars.push(var.clone());
            Ok(var.as_tensor().clone())
        };
        let mut layers = Vec::new();
        for (k, layer) in data.layers.iter().enumerate() {
            let ((input, hidden), layer) = (w.layer(k), layer.clone());
            let weights = HashMap::from([
                ("weight_ih_l0".into(), var(&[4 * hidden, input], layer.ih)?),
                ("weight_hh_l0".into(), var(&[4 * hidden, hidden], layer.hh)?),
                ("bias_ih_l0".into(), var(&[4 * hidden], layer.bias_ih)?),
                ("bias_hh_l0".into(), var(&[4 * hidden], layer.bias_hh)?),
            ]);
            let weights = VarBuilder::from_tensors(weights, DType::F32, device);
            layers.push(LSTM::new(input, hidden, LSTMConfig::default(), weights)?);
        }
        let x = Tensor::from_vec(data.x_batch_first(w), (w.batch, w.seq, w.input), device)?;
        let y = Tensor::from_vec(data.y, (w.batch, 1), device)?;
        let weight = var(&[1, w.head()], data.weight)?;
        let linear = Linear::new(weight, Some(var(&[1], data.bias)?));
        let adam = ParamsAdamW { lr: w.lr, weight_decay: 0.0, ..ParamsAdamW::default() };
        let adam = AdamW::new(vars.clone(), adam)?;
        Ok(Candle { workload: *w, layers, linear, adam, vars, x, y })
    }

    /// The hidden states of one layer in one direction.
    fn hidden(lstm: &LSTM, x: &Tensor, direction: Direction) -> Result<Vec<Tensor>> {
        let Direction::Backward = direction else {
            return Ok(lstm.seq(x)?.into_iter().map(|state| state.h).collect());
        };
        let mut state = lstm.zero_state(x.dim(0)?)?;
        let mut hidden = Vec::new();
        for t in (0..x.dim(1)?).rev() {
            state = lstm.step(&x.i((.., t))?.contiguous()?, &state)?;
            hidden.push(state.h.clone());
        }
        hidden.reverse();
        Ok(hidden)
    }

    fn predict(&self) -> Result<Tensor> {
        let Workload { directions, batch, flatten, layers, .. } = self.workload;
        let mut x = self.x.clone();
        for (k, pair) in self.layers.chunks(directions).enumerate() {
            let mut outputs = Vec::new();
            for (lstm, direction) in pair.iter().zip([Direction::Forward, Direction::Backward]) {
                let mut hidden = Self::hidden(lstm, &x, direction)?;
                if k == layers - 1 && !flatten {
                    hidden.drain(..hidden.len() - 1); // only the last step is read
                }
                outputs.push(Tensor::stack(&hidden, 1)?);
            }
            x = if directions == 1 { outputs.remove(0) } else { Tensor::cat(&outputs, 2)? };
        }
        self.linear.forward(&x.reshape((batch, self.workload.head()))?)
    }

    fn train(&mut self) -> Result<f64> {
        let loss = mse(&self.predict()?, &self.y)?;
        self.adam.backward_step(&loss)?;
        Ok(loss.to_scalar::<f32>()?.into())
    }

    fn norms(&self) -> Result<Vec<f64>> {
        let gradients = mse(&self.predict()?, &self.y)?.backward()?;
        let norm = |var: &Var| match gradients.get(var) {
            Some(gradient) => {
                gradient.to_dtype(DType::F64)?.sqr()?.sum_all()?.sqrt()?.to_scalar::<f64>()
            }
            None => Ok(0.0),
        };
        self.vars.iter().map(norm).collect()
    }
}

impl Contestant for Candle {
    fn new(w: &Workload, data: Data) -> Self {
        Candle::build(w, data).expect("candle builds the model")
    }

    fn gradients(&mut self) -> Vec<f64> {
        self.norms().expect("candle computes gradients")
    }

    fn step(&mut self) -> f64 {
        self.train().expect("candle trains")
    }
}
