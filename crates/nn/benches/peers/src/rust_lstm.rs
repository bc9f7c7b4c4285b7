//! `rust-lstm`, which computes in f64 only, on one thread. Everything between
//! its layers is the caller's.

use ndarray::{Array2, Axis, concatenate};
use rust_lstm::{
    Adam, LSTMCell, LSTMCellGradients, LSTMNetwork, LSTMNetworkCache, LinearGradients, LinearLayer,
    LossFunction, MSELoss,
};

use crate::worker::Contestant;
use crate::workload::{Data, LayerWeights, Workload};

pub struct RustLstm {
    workload: Workload,
    network: LSTMNetwork,
    linear: LinearLayer,
    adam: Adam,
    /// For each step `[input, batch]`.
    x: Vec<Array2<f64>>,
    /// `[1, batch]`.
    y: Array2<f64>,
}

fn matrix(rows: usize, numbers: &[f32]) -> Array2<f64> {
    let wide = numbers.iter().map(|&x| f64::from(x)).collect();
    Array2::from_shape_vec((rows, numbers.len() / rows), wide).expect("whole rows")
}

impl RustLstm {
    /// The prediction, `[1, batch]`.
    fn predict(&mut self) -> (Array2<f64>, Vec<LSTMNetworkCache>) {
        let (outputs, caches) = self.network.forward_sequence_with_cache(&self.x);
        let read = if self.workload.flatten {
            let steps: Vec<_> = outputs.iter().map(|(h, _)| h.view()).collect();
            self.linear.forward(&concatenate(Axis(0), &steps).expect("equal batches"))
        } else {
            self.linear.forward(&outputs[outputs.len() - 1].0)
        };
        (read, caches)
    }

    fn backward(&mut self) -> (f64, Vec<LSTMCellGradients>, LinearGradients) {
        let Workload { seq, batch, hidden, flatten, .. } = self.workload;
        let (y, caches) = self.predict();
        let loss = MSELoss.compute_loss(&y, &self.y);
        let (head, d_read) = self.linear.backward(&MSELoss.compute_gradient(&y, &self.y));
        let d_outputs: Vec<_> = if flatten {
            d_read.axis_chunks_iter(Axis(0), hidden).map(|d| d.to_owned()).collect()
        } else {
            let mut zeros = vec![Array2::zeros((hidden, batch)); seq];
            zeros[seq - 1] = d_read;
            zeros
        };
        let (gradients, _) = self.network.backward_sequence(&d_outputs, &caches);
        (loss, gradients, head)
    }
}

impl Contestant for RustLstm {
    fn new(w: &Workload, data: Data) -> Self {
        let cell = |(k, weights): (usize, &LayerWeights)| {
            let (input, hidden) = w.layer(k);
            let rows = 4 * hidden;
            LSTMCell {
                w_ih: matrix(rows, &weights.ih),
                w_hh: matrix(rows, &weights.hh),
                b_ih: matrix(rows, &weights.bias_ih),
                b_hh: matrix(rows, &weights.bias_hh),
                ..LSTMCell::new(input, hidden)
            }
        };
        let cells = data.layers.iter().enumerate().map(cell).collect();
        let step = |x: &[f32]| matrix(w.batch, x).reversed_axes().as_standard_layout().to_owned();
        RustLstm {
            workload: *w,
            network: LSTMNetwork::from_cells(cells, w.input, w.hidden, w.layers),
            linear: LinearLayer::from_weights(matrix(1, &data.weight), matrix(1, &data.bias)),
            adam: Adam::new(w.lr),
            x: data.x.chunks(w.batch * w.input).map(step).collect(),
            y: matrix(1, &data.y),
        }
    }

    fn gradients(&mut self) -> Vec<f64> {
        let (_, layers, head) = self.backward();
        let layers = layers.iter().flat_map(|g| [&g.w_ih, &g.w_hh, &g.b_ih, &g.b_hh]);
        let all = layers.chain([&head.weight, &head.bias]);
        all.map(|g| g.iter().map(|g| g * g).sum::<f64>().sqrt()).collect()
    }

    fn step(&mut self) -> f64 {
        let (loss, layers, head) = self.backward();
        self.network.update_parameters(&layers, &mut self.adam);
        self.linear.update_parameters(&head, &mut self.adam, "linear");
        loss
    }
}
