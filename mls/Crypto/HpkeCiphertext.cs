using QuicProChat.Mesh.Mls.Codec;

namespace QuicProChat.Mesh.Mls.Crypto;

// struct {
//     opaque kem_output<V>;
//     opaque ciphertext<V>;
// } HPKECiphertext;                                   RFC 9420, section 7.6
internal readonly record struct HpkeCiphertext(ReadOnlyMemory<byte> KemOutput, ReadOnlyMemory<byte> Ciphertext)
{
    internal static bool TryRead(ref MlsReader reader, out HpkeCiphertext value)
    {
        bool ok = reader.TryReadVector(out ReadOnlyMemory<byte> kem) & reader.TryReadVector(
            out ReadOnlyMemory<byte> text);
        value = new HpkeCiphertext(kem, text);
        return ok;
    }

    internal void Write(MlsWriter writer)
    {
        writer.Vector(KemOutput);
        writer.Vector(Ciphertext);
    }
}
