//! One step of a cell of ours in inference: the tape is emptied after each, and the
//! state goes on as values.

use std::path::Path;

use nn::{Generator, Lstm, LstmCell, LstmConfig};
use tensor::{Tape, Tensor};

use crate::ours::load;
use crate::worker::{answer_lines, milliseconds};
use crate::workload::{Data, Workload};

enum Model<'a> {
    Cell(&'a LstmCell<f32>),
    Layer(&'a Lstm<f32>),
}

struct Stream<'a> {
    model: Model<'a>,
    tape: Tape<f32>,
    x: Tensor<f32>,
    state: Option<(Tensor<f32>, Tensor<f32>)>,
}

impl<'a> Stream<'a> {
    fn new(model: Model<'a>, w: &Workload, data: &Data) -> Self {
        let shape: &[usize] = match model {
            Model::Cell(_) => &[w.batch, w.input],
            Model::Layer(_) => &[w.seq, w.batch, w.input],
        };
        let x = Tensor::new(shape, data.x.clone());
        Stream { model, tape: Tape::no_grad(), x, state: None }
    }

    /// Goes on by a step; returns the state's first number.
    fn step(&mut self) -> f64 {
        let Stream { model, tape, x, state } = self;
        let x = tape.constant(x.clone());
        let before = state.take().map(|(h, c)| (tape.constant(h), tape.constant(c)));
        let (h, c) = match model {
            Model::Cell(cell) => cell.forward(x, before),
            Model::Layer(lstm) => lstm.forward(x, before).1,
        };
        let (h, _) = state.insert((h.value(), c.value()));
        tape.reset();
        h.data()[0].into()
    }

    /// h after ten steps.
    fn ten(mut self) -> Vec<f64> {
        for _ in 0..10 {
            self.step();
        }
        let (h, _) = self.state.expect("after steps");
        h.data().iter().copied().map(f64::from).collect()
    }
}

/// The child's side.
pub fn serve(w: &Workload, data: &Path, version: &str) {
    let data = &Data::read(w, data);
    let (config, generator) = (LstmConfig::new(w.input, w.hidden), &mut Generator::manual_seed(0));
    let mut cell = LstmCell::new(w.input, w.hidden, true, generator);
    let mut lstm = Lstm::new(config, generator);
    load(&mut cell, data.layers[0].all());
    load(&mut lstm, data.layers[0].all());
    answer_lines(version, |command, count| {
        let steps = |mut stream: Stream| milliseconds(count, || stream.step());
        let models = [Model::Cell(&cell), Model::Layer(&lstm)];
        let [cell, layer] = models.map(|model| Stream::new(model, w, data));
        match command {
            "cell" => steps(cell),
            "layer" => steps(layer),
            "check" => [cell, layer].map(Stream::ten).concat(),
            other => panic!("unknown command {other}"),
        }
    });
}
