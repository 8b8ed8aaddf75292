using System.Buffers;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Storage;

/// <summary>Writes a row, value by value; <see cref="RowReader"/> reads them in the same order.</summary>
internal sealed class RowWriter
{
    private readonly ArrayBufferWriter<byte> _output = new();

    internal RowWriter Number(ulong value)
    {
        new MessagePackWriter(_output).Write(value);
        return this;
    }

    internal RowWriter Signed(long value)
    {
        new MessagePackWriter(_output).Write(value);
        return this;
    }

    internal RowWriter Flag(bool value)
    {
        new MessagePackWriter(_output).Write(value);
        return this;
    }

    internal RowWriter Bytes(ReadOnlySpan<byte> value)
    {
        new MessagePackWriter(_output).WriteBinary(value);
        return this;
    }

    internal RowWriter Text(string value)
    {
        new MessagePackWriter(_output).Write(value);
        return this;
    }

    internal RowWriter Count(int value)
    {
        new MessagePackWriter(_output).WriteArrayHeader(value);
        return this;
    }

    internal RowWriter Id(RequestId id)
    {
        Span<byte> bytes = stackalloc byte[RequestId.Size];
        id.Write(bytes);
        return Bytes(bytes);
    }

    internal RowWriter Slot(in Slot slot)
    {
        slot.Write(new MessagePackWriter(_output));
        return this;
    }

    internal byte[] ToArray() => _output.WrittenSpan.ToArray();
}
