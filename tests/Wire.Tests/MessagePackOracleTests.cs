using System.Buffers;
using MessagePack;
using OracleReader = MessagePack.MessagePackReader;
using OracleWriter = MessagePack.MessagePackWriter;

namespace QuicProChat.Mesh.Wire.Tests;

/// <summary>
/// Our MessagePack against the MessagePack package: what it makes of our bytes, it writes as the same bytes.
/// </summary>
public sealed class MessagePackOracleTests
{
    [Fact]
    public void The_package_reads_what_we_write_and_writes_it_byte_for_byte()
    {
        Random random = new(8);
        IEnumerable<object?> values =
            [.. MessagePackTests.Boundaries(), .. Enumerable.Range(0, 2000)
                .Select(_ => MessagePackTests.RandomValue(random, depth: 5))];
        foreach (object? value in values)
        {
            byte[] ours = MessagePackTests.Encode(value);
            var reader = new OracleReader(ours);
            var output = new ArrayBufferWriter<byte>();
            var writer = new OracleWriter(output);
            Copy(ref reader, ref writer);
            writer.Flush();
            Assert.True(reader.End);
            Assert.Equal(ours, output.WrittenSpan.ToArray());
        }
    }

    private static void Copy(ref OracleReader reader, ref OracleWriter writer)
    {
        switch (reader.NextMessagePackType)
        {
            case MessagePack.MessagePackType.Nil:
                reader.ReadNil();
                writer.WriteNil();
                break;
            case MessagePack.MessagePackType.Boolean:
                writer.Write(reader.ReadBoolean());
                break;
            case MessagePack.MessagePackType.Integer when reader.NextCode is MessagePackCode.UInt64
                or MessagePackCode.UInt32
                or MessagePackCode.UInt16 or MessagePackCode.UInt8 or < MessagePackCode.MinFixMap:
                writer.Write(reader.ReadUInt64());
                break;
            case MessagePack.MessagePackType.Integer:
                writer.Write(reader.ReadInt64());
                break;
            case MessagePack.MessagePackType.Float:
                writer.Write(reader.ReadDouble());
                break;
            case MessagePack.MessagePackType.String:
                writer.WriteString(reader.ReadStringSequence()!.Value.ToArray());
                break;
            case MessagePack.MessagePackType.Binary:
                writer.Write(reader.ReadBytes()!.Value.ToArray());
                break;
            case MessagePack.MessagePackType.Extension:
                writer.WriteExtensionFormat(reader.ReadExtensionFormat());
                break;
            case MessagePack.MessagePackType.Array:
                int length = reader.ReadArrayHeader();
                writer.WriteArrayHeader(length);
                for (int i = 0; i < length; i++)
                    Copy(ref reader, ref writer);
                break;
            case MessagePack.MessagePackType.Map:
                int pairs = reader.ReadMapHeader();
                writer.WriteMapHeader(pairs);
                for (int i = 0; i < 2 * pairs; i++)
                    Copy(ref reader, ref writer);
                break;
            default:
                Assert.Fail($"a value of type {reader.NextMessagePackType}");
                break;
        }
    }
}
