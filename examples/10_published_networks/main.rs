//! Networks that others trained and published run here: the LSTM of a voice detector, and a whole
//! speaker encoder. `load_with` takes the part of a file that is an LSTM.
//!
//! `repeat.sh` beside this file fetches both networks, runs this program, and compares what it
//! computes with PyTorch.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use demos::program;
use nn::{
    Generator, Linear, LoadOptions, Lstm, LstmCell, LstmConfig, Uniform, load_with, module, save,
};
use tensor::{Parameter, Tape, Tensor, Var};

/// Runs two published networks on random numbers, and saves what they say
#[derive(Parser)]
struct Arguments {
    /// The folder with silero_vad_16k.safetensors and resemblyzer.safetensors, and then with
    /// outputs.safetensors
    folder: PathBuf,
}

/// What the networks say, for a file.
struct Outputs {
    hidden: Parameter<f32>,
    voices: Parameter<f32>,
}
module! { impl Module<f32> for Outputs { hidden, voices } }

fn main() -> ExitCode {
    program::run(published_networks)
}

fn published_networks(out: &mut dyn Write) -> Result<()> {
    let Arguments { folder } = program::arguments()?;
    let rng = &mut Generator::manual_seed(0);

    // silero-vad finds speech in sound: convolutions, and between them one LSTM cell. This is the
    // cell; it reads a stream of 2,000 steps.
    let path = folder.join("silero_vad_16k.safetensors");
    let mut cell = LstmCell::<f32>::new(128, 128, true, rng);
    load_with(path, &mut cell, LoadOptions { prefix: "lstm_cell.", convert: false })?;

    // Resemblyzer makes 256 numbers of 1.6 s of a voice, similar ones for the same speaker: three
    // layers of LSTM, then one Linear, of which the direction of the positive part counts.
    let path = folder.join("resemblyzer.safetensors");
    let config = LstmConfig { num_layers: 3, batch_first: true, ..LstmConfig::new(40, 256) };
    let mut lstm = Lstm::<f32>::new(config, rng);
    let mut linear = Linear::<f32>::new(256, 256, rng);
    load_with(&path, &mut lstm, LoadOptions { prefix: "lstm.", convert: false })?;
    load_with(&path, &mut linear, LoadOptions { prefix: "linear.", convert: false })?;

    // Both are asked about numbers that PyTorch can draw, too.
    let rng = &mut Generator::manual_seed(1);
    let tape = Tape::no_grad();
    let sound = tape.constant(Tensor::from_fn([2000, 1, 128], || f32::unit(rng)));
    let mut state = None;
    let mut hidden = Vec::new();
    for x in sound.unbind(0) {
        let (h, c) = cell.forward(x, state);
        hidden.push(h);
        state = Some((h, c));
    }
    let hidden = Var::stack(&hidden, 0).value();

    let frames = tape.constant(Tensor::from_fn([8, 160, 40], || f32::unit(rng)));
    let (_, (h_n, _)) = lstm.forward(frames, None);
    let positive = linear.forward(h_n.narrow(0, 2, 1)).value().map(|y| y.max(0.0));
    let lengths = positive.data().chunks(256).map(|row| row.iter().map(|y| y * y).sum::<f32>());
    let lengths = Tensor::new([8, 1], lengths.map(f32::sqrt).collect());
    let voices = tape.constant(positive) / tape.constant(lengths);

    let path = folder.join("outputs.safetensors");
    let outputs =
        Outputs { hidden: Parameter::new(hidden), voices: Parameter::new(voices.value()) };
    save(&path, &outputs)?;
    writeln!(out, "{}", path.display())?;
    Ok(())
}
