//! What loading allocates, and what training does not.

use std::{fs, thread};

use allocation_counter::{AllocationInfo, measure};
use nn::{
    Adam, AdamConfig, ForwardOptions, Generator, Linear, Lstm, LstmCell, LstmConfig, Module,
    Uniform, load, module, mse_loss, save,
};
use tensor::{Tape, Tensor};

/// No file makes `load` allocate more than twice its size (and a quarter of a megabyte for
/// names and error texts), whatever sizes its header claims. A header that lists many tensors,
/// as that of a large network does of which a part is loaded, takes four times its size.
#[test]
fn loading_allocates_at_most_twice_the_file() {
    const SMALL_CHANGE: u64 = 256 << 10;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let mut model = Linear::<f32>::new(300, 200, &mut Generator::manual_seed(0));
    save(&path, &model).unwrap();
    let whole = fs::read(&path).unwrap();

    let mut times = |most: u64, bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let info = measure(|| drop(load(&path, &mut model)));
        assert!(
            info.bytes_max <= most * bytes.len() as u64 + SMALL_CHANGE,
            "{} bytes for a file of {}",
            info.bytes_max,
            bytes.len()
        );
        info.bytes_max
    };
    assert!(times(2, &whole) > whole.len() as u64, "the file itself is counted");
    let mut peak = |bytes: &[u8]| times(2, bytes);

    // A header that claims to be long, and headers that claim much.
    peak(&u64::MAX.to_le_bytes());
    peak(&[0xff, 0xff, 0xff, 0x05, 0, 0, 0, 0, b'{']);
    for shape in ["[1000000000,1000]", "[18446744073709551615]", "[4611686018427387904,4]"] {
        let header = format!(
            r#"{{"weight":{{"dtype":"F32","shape":{shape},"data_offsets":[0,4000000000000]}}}}"#
        );
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        peak(&bytes);
    }
    // Many tensors that nobody asked for.
    for count in [250, 2_000, 100_000] {
        let entry = |k| format!(r#""t{k}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#);
        let header = format!("{{{}}}", (0..count).map(entry).collect::<Vec<_>>().join(","));
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        times(4, &bytes);
    }
}

/// A network for one number, and what it is trained on.
#[derive(Clone)]
struct Network {
    lstm: Lstm<f32>,
    head: Linear<f32>,
}

module! { impl Module<f32> for Network { lstm, head } }

/// What a forward pass is given besides its input.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Uses {
    Nothing,
    State,
    Lengths,
    NoBatch,
}

/// What some training steps allocate on one of `threads` threads: the first ones, and
/// then one more.
fn training(
    config: LstmConfig,
    [seq, batch]: [usize; 2],
    threads: usize,
    uses: Uses,
) -> [AllocationInfo; 2] {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let mut warm = None;
        let all = measure(|| {
            let generator = &mut Generator::manual_seed(0);
            let size = config.num_directions() * config.output_size();
            let lstm = Lstm::new(config, generator);
            let mut network = Network { lstm, head: Linear::new(size, 1, generator) };
            let mut adam = Adam::new(AdamConfig::default());
            let mut tape = Tape::new();
            let batch = if uses == Uses::NoBatch { 1 } else { batch };
            let x = Tensor::from_fn([seq, batch, config.input_size], || f32::unit(generator));
            let x = if uses == Uses::NoBatch { x.reshape([seq, config.input_size]) } else { x };
            let y = Tensor::zeros([batch, 1]);
            let lengths: Vec<usize> = (0..batch).map(|k| 1 + k % seq).collect();
            let count = config.num_layers * config.num_directions();
            let state = (uses == Uses::State).then(|| {
                let sizes = [config.output_size(), config.hidden_size];
                sizes.map(|size| Tensor::<f32>::zeros([count, batch, size]))
            });
            let mut step = || {
                let watch = |s: &Tensor<f32>| tape.var(s.clone());
                let options = ForwardOptions {
                    state: state.as_ref().map(|[h, c]| (watch(h), watch(c))),
                    lengths: (uses == Uses::Lengths).then_some(&lengths),
                    training: (config.dropout > 0.0).then_some(&mut *generator),
                    ..ForwardOptions::default()
                };
                let (output, _) = network.lstm.forward_with(tape.constant(x.clone()), options);
                let last = output.narrow(0, seq - 1, 1).reshape([batch, size]);
                let loss = mse_loss(network.head.forward(last), tape.constant(y.clone()));
                let gradients = loss.backward();
                tape.reset();
                adam.step(&mut network, &gradients);
            };
            (0..4).for_each(|_| step());
            warm = Some(measure(step));
        });
        [all, warm.unwrap()]
    })
}

/// A warm training step takes the memory for its numbers from the steps before: what it
/// allocates, closures and short lists, does not grow with the size of the layers.
#[test]
fn a_warm_training_step_allocates_no_numbers() {
    let one = LstmConfig { dropout: 0.0, ..LstmConfig::new(3, 24) };
    let stacked = LstmConfig { num_layers: 2, bidirectional: true, proj_size: 8, ..one };
    let dropped = LstmConfig { dropout: 0.5, ..stacked };
    let assert_same = |config: LstmConfig, uses, threads, scales: [usize; 2]| {
        let [small, large] = scales.map(|scale| {
            let config = LstmConfig {
                input_size: scale * config.input_size,
                hidden_size: scale * config.hidden_size,
                proj_size: scale * config.proj_size,
                ..config
            };
            training(config, [50, 32], threads, uses)[1].bytes_total
        });
        assert_eq!(small, large, "{config:?}, {uses:?}, {threads} threads");
    };
    for config in [one, stacked, dropped] {
        for uses in [Uses::Nothing, Uses::State, Uses::Lengths, Uses::NoBatch] {
            assert_same(config, uses, 1, [1, 2]);
        }
    }
    // Both scales are large enough for two threads.
    assert_same(one, Uses::Nothing, 2, [6, 12]);
}

/// The most that training ever has at once is little more than what the mathematics
/// needs: the input; of each layer and step, i, f, g, o, c, tanh c and h; and of each
/// parameter itself, its gradient and the two moments of Adam.
#[test]
fn memory_is_what_the_mathematics_needs() {
    for (num_layers, sizes @ [input, hidden, seq, batch]) in [
        (1, [32, 128, 50, 32]),
        (1, [8, 64, 1600, 16]),
        (1, [256, 512, 100, 64]),
        (2, [64, 256, 64, 32]),
    ] {
        let config = LstmConfig { num_layers, ..LstmConfig::new(input, hidden) };
        let activations = seq * batch * (input + num_layers * 7 * hidden);
        let lstm = Lstm::<f32>::new(config, &mut Generator::manual_seed(0));
        let needed = 4 * (activations + 4 * (lstm.num_parameters() + hidden + 1));
        drop(lstm);
        let [all, _] = training(config, [seq, batch], 1, Uses::Nothing);
        let ratio = all.bytes_max as f64 / needed as f64;
        println!("{sizes:?}: {needed} bytes are needed, {} taken: {ratio:.2}", all.bytes_max);
        assert!(ratio <= 1.2, "{sizes:?}: {ratio} times what is needed");
    }
}

/// The pool of threads is made once, and looks then whether there is room for it.
fn make_threads() {
    tensor::kernel::threads::worth(1);
}

/// What is found in a thread whose pool of memory is empty.
fn in_a_thread<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    make_threads();
    thread::scope(|scope| scope.spawn(work).join().unwrap())
}

/// What a forward pass leaves for the backward pass: of each unit, step and sample, i, f, g, o,
/// c, tanh c and what o lets through, which is h; with a projection, h is what it is projected to.
#[test]
fn a_sequence_keeps_seven_numbers_for_each_unit() {
    let (seq, batch, hidden) = (100, 10, 24);
    for proj_size in [0, 8] {
        let config = LstmConfig { proj_size, ..LstmConfig::new(1, hidden) };
        let kept = || {
            let lstm = Lstm::<f32>::new(config, &mut Generator::manual_seed(0));
            let tape = Tape::new();
            let x = tape.constant(Tensor::zeros([seq, batch, 1]));
            measure(|| _ = lstm.forward(x, None)).bytes_current
        };
        let ratio = in_a_thread(kept) as f64 / (4 * seq * batch * (7 * hidden + proj_size)) as f64;
        assert!((1.0..1.1).contains(&ratio), "{ratio} times so much with proj_size = {proj_size}");
    }
}

/// One step at a time, all on one tape: 400 steps of 256 units and 4 samples. A weight is
/// watched at each of them and has one gradient, not 400.
#[test]
fn a_loop_over_a_cell_has_one_gradient_of_each_weight() {
    let generator = &mut Generator::manual_seed(0);
    let cell = LstmCell::<f32>::new(256, 256, true, generator);
    let x = Tensor::from_fn([400, 4, 256], || f32::unit(generator));
    make_threads();
    let info = measure(|| {
        let tape = Tape::new();
        let mut state = None;
        for x in tape.constant(x).unbind(0) {
            state = Some(cell.forward(x, state));
        }
        let (h, _) = state.unwrap();
        assert!(h.sum().backward().is_finite());
    });
    assert!(info.bytes_max <= 100_000_000, "{} bytes", info.bytes_max);
    println!("400 steps of an LstmCell take {} bytes", info.bytes_max);
}

/// On a tape that is never reset, a backward pass has no places for what was recorded before,
/// or the time for all passes would grow quadratically.
#[test]
fn a_pass_on_a_long_tape_allocates_as_on_a_short_one() {
    let tape = Tape::<f32>::new();
    let x = tape.var(Tensor::from(1.0));
    let pass = |_| {
        let y = x.tanh().sum();
        measure(|| drop(y.backward())).bytes_max
    };
    let bytes: Vec<u64> = (0..1000).map(pass).collect();
    assert_eq!(bytes[999], bytes[9]);
}

/// A stream of inputs on a tape for inference takes no memory that grows with its length.
#[test]
fn inference_does_not_grow() {
    let cell = LstmCell::<f32>::new(8, 16, true, &mut Generator::manual_seed(0));
    let most = |steps: usize| {
        let mut tape = Tape::no_grad();
        let mut state = [16, 16].map(|size| Tensor::zeros([1, size]));
        let info = measure(|| {
            for _ in 0..steps {
                let x = tape.constant(Tensor::full([1, 8], 0.5));
                let [h, c] = state.each_ref().map(|s| tape.constant(s.clone()));
                let (h, c) = cell.forward(x, Some((h, c)));
                state = [h.value(), c.value()];
                tape.reset();
            }
        });
        info.bytes_max
    };
    most(10); // warms the pool
    assert_eq!(most(100), most(1000));
}

/// What a step of a cell allocates in a thread whose pool of memory is empty.
fn first_step_in_a_thread(cell: &LstmCell<f32>) -> u64 {
    let step = || {
        let tape = Tape::no_grad();
        let x = tape.constant(Tensor::full([1, 128], 0.5));
        measure(|| _ = cell.forward(x, None)).bytes_max
    };
    in_a_thread(step)
}

/// One step at a time, a weight is packed once, until its value is touched; a clone packs its
/// own.
#[test]
fn a_weight_keeps_its_packed_form() {
    let mut cell = LstmCell::<f32>::new(128, 128, true, &mut Generator::manual_seed(0));
    let packed = 2 * 4 * 128 * 4 * 128; // bytes of both weights
    assert!(first_step_in_a_thread(&cell) > packed, "it packs");
    assert!(first_step_in_a_thread(&cell) < packed / 8, "it has them packed");
    assert!(first_step_in_a_thread(&cell.clone()) > packed, "a clone starts without");
    for (_, parameter) in cell.named_parameters_mut() {
        parameter.value_mut().data_mut()[0] += 1.0;
    }
    let touched = first_step_in_a_thread(&cell);
    assert!(touched > packed, "it packs the new values");
    assert!(first_step_in_a_thread(&cell) < packed / 8);
}

/// A sequence keeps the packed weights, too, if it has few rows, which are its steps times its
/// samples. For many, packing takes little of the time.
#[test]
fn a_sequence_of_many_rows_does_not_keep_packed_weights() {
    for ([seq, batch], keeps) in [([2, 3], true), ([8, 16], false)] {
        let lstm = Lstm::<f32>::new(LstmConfig::new(64, 64), &mut Generator::manual_seed(0));
        let forward = || {
            let tape = Tape::no_grad();
            let x = tape.constant(Tensor::zeros([seq, batch, 64]));
            measure(|| _ = lstm.forward(x, None)).bytes_max
        };
        let [first, second] = [(); 2].map(|()| in_a_thread(forward));
        let packed = 2 * 4 * 64 * 4 * 64; // bytes of both weights
        assert_eq!(first > second + packed / 2, keeps, "{first} bytes, then {second}");
    }
}

/// What is kept is never the packed form of a value that was.
#[test]
fn a_touched_weight_is_multiplied_as_it_is() {
    let generator = &mut Generator::manual_seed(1);
    let mut linear = Linear::<f64>::new(3, 2, generator);
    let of = |linear: &Linear<f64>| {
        let tape = Tape::new();
        linear.forward(tape.constant(Tensor::from([[1.0, 2.0, 4.0]]))).value()
    };
    let before = of(&linear);
    for times in 1..4 {
        let doubled = linear.weight.value().map(|w| w * 2.0);
        *linear.weight.value_mut() = doubled;
        let bias = linear.bias.as_ref().unwrap().value().reshape([1, 2]);
        let expected =
            before.zip(&bias, |y, b| (y - b) * 2_f64.powi(times)).zip(&bias, |y, b| y + b);
        for (found, expected) in of(&linear).data().iter().zip(expected.data()) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }
}
