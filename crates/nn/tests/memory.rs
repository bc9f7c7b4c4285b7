//! What loading allocates.

use std::fs;

use allocation_counter::measure;
use nn::{Generator, Linear, load, save};

/// No file makes `load` allocate more than twice its size (and a quarter of
/// a megabyte for names and error texts), whatever sizes its header claims.
#[test]
fn loading_allocates_at_most_twice_the_file() {
    const SMALL_CHANGE: u64 = 256 << 10;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let mut model = Linear::<f32>::new(300, 200, &mut Generator::manual_seed(0));
    save(&path, &model).unwrap();
    let whole = fs::read(&path).unwrap();

    let mut peak = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let info = measure(|| drop(load(&path, &mut model)));
        assert!(
            info.bytes_max <= 2 * bytes.len() as u64 + SMALL_CHANGE,
            "{} bytes for a file of {}",
            info.bytes_max,
            bytes.len()
        );
        info.bytes_max
    };
    assert!(peak(&whole) > whole.len() as u64, "the file itself is counted");

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
        peak(&bytes);
    }
}
