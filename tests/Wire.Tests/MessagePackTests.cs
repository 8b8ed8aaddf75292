using System.Buffers;
using System.Globalization;
using System.Text;

namespace QuicProChat.Mesh.Wire.Tests;

/// <summary>Our MessagePack against Debian's python3-msgpack, and against hostile bytes.</summary>
public sealed class MessagePackTests
{
    [Fact]
    public void Python_reads_what_we_write_and_writes_the_same_bytes()
    {
        Random random = new(4);
        List<object?> values =
            [.. Boundaries(), .. Enumerable.Range(0, 300).Select(_ => RandomValue(random, depth: 4))];
        byte[][] ours = [.. values.Select(Encode)];

        string[] answers = PythonMessagePack.Run(ours.Select(Convert.ToHexStringLower));

        Assert.Equal(values.Count, answers.Length);
        for (int i = 0; i < values.Count; i++)
        {
            string[] parts = answers[i].Split(' ');
            Assert.Equal(Render(values[i]), parts[0]);
            Assert.Equal(Convert.ToHexStringLower(ours[i]), parts[1]);
        }
    }

    [Fact]
    public void We_read_what_python_writes()
    {
        Random random = new(5);
        List<object?> values =
            [.. Boundaries(), .. Enumerable.Range(0, 300).Select(_ => RandomValue(random, depth: 4))];
        string[] answers = PythonMessagePack.Run(values.Select(v => Convert.ToHexStringLower(Encode(v))));
        for (int i = 0; i < values.Count; i++)
        {
            var reader = new MessagePackReader(Convert.FromHexString(answers[i].Split(' ')[1]));
            Assert.Equal(Render(values[i]), RenderNext(ref reader));
            Assert.True(reader.AtEnd);
        }
    }

    [Theory]
    [InlineData("cc01", 1)]
    [InlineData("cd0001", 1)]
    [InlineData("ce00000001", 1)]
    [InlineData("cf0000000000000001", 1)]
    [InlineData("d07f", 127)]
    [InlineData("d1ffff", -1)]
    [InlineData("d2ffffff80", -128)]
    [InlineData("d38000000000000000", long.MinValue)]
    public void An_integer_is_read_in_any_of_its_encodings(string hex, long expected)
    {
        var reader = new MessagePackReader(Convert.FromHexString(hex));
        Assert.True(reader.TryReadInt64(out long value));
        Assert.Equal(expected, value);
        Assert.True(reader.AtEnd);
    }

    [Fact]
    public void A_value_of_another_type_is_refused_and_stays_unread()
    {
        var reader = new MessagePackReader([0xA1, 0x41]);
        Assert.False(reader.TryReadNil());
        Assert.False(reader.TryReadBoolean(out _));
        Assert.False(reader.TryReadUInt64(out _));
        Assert.False(reader.TryReadInt64(out _));
        Assert.False(reader.TryReadDouble(out _));
        Assert.False(reader.TryReadBinary(out _));
        Assert.False(reader.TryReadExtension(out _, out _));
        Assert.False(reader.TryReadArrayHeader(out _));
        Assert.False(reader.TryReadMapHeader(out _));
        Assert.True(reader.TryReadString(out ReadOnlySpan<byte> text));
        Assert.Equal("A"u8.ToArray(), text.ToArray());
    }

    [Theory]
    [InlineData("cfffffffffffffffff")]
    [InlineData("cf8000000000000000")]
    public void An_unsigned_integer_beyond_the_signed_range_is_not_read_as_signed(string hex)
    {
        var reader = new MessagePackReader(Convert.FromHexString(hex));
        Assert.False(reader.TryReadInt64(out _));
        Assert.True(reader.TryReadUInt64(out _));
    }

    [Theory]
    [InlineData("ddffffffff")]
    [InlineData("dfffffffff")]
    [InlineData("df80000001")]
    [InlineData("dc0002c0")]
    [InlineData("82c0c0c0")]
    [InlineData("dbffffffff41")]
    [InlineData("c6ffffffff41")]
    [InlineData("c9ffffffff0141")]
    [InlineData("c1")]
    public void A_count_that_the_bytes_left_cannot_hold_is_refused(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);
        var reader = new MessagePackReader(bytes);
        Assert.False(reader.TryReadArrayHeader(out _));
        Assert.False(reader.TryReadMapHeader(out _));
        Assert.False(reader.TryReadString(out _));
        Assert.False(reader.TryReadBinary(out _));
        Assert.False(reader.TryReadExtension(out _, out _));
        Assert.False(reader.TrySkip());
        Assert.Equal(bytes.Length, reader.Remaining);
    }

    [Fact]
    public void Nesting_is_skipped_down_to_the_limit_and_refused_below_it()
    {
        const int limit = Limits.Arbitrary.MaxMessagePackDepth;
        byte[] deep = [.. Enumerable.Repeat((byte)0x91, limit), 0xC0];
        byte[] deeper = [0x91, .. deep];
        var allowed = new MessagePackReader(deep);
        Assert.True(allowed.TrySkip());
        Assert.True(allowed.AtEnd);
        var refused = new MessagePackReader(deeper);
        Assert.False(refused.TrySkip());
        Assert.Equal(deeper.Length, refused.Remaining);
    }

    [Fact]
    public void Every_value_cut_at_any_byte_is_refused_and_whole_ones_are_skipped_to_the_end()
    {
        foreach (byte[] bytes in Boundaries().Select(Encode).Where(b => b.Length < 600))
        {
            for (int cut = 0; cut < bytes.Length; cut++)
                Assert.False(new MessagePackReader(bytes.AsSpan(0, cut)).TrySkip());
            var whole = new MessagePackReader(bytes);
            Assert.True(whole.TrySkip());
            Assert.True(whole.AtEnd);
        }
    }

    [Fact]
    public void Skipping_two_hundred_thousand_mutated_values_raises_no_exception_and_allocates_nothing()
    {
        Random random = new(6);
        byte[][] values =
            [.. Enumerable.Range(0, 64).Select(_ => Encode(RandomValue(random, depth: 4))).Where(v => v.Length < 512)];
        var mutator = new Mutator(seed: 7);
        // What the first calls make once (static fields of the mutator) is not the reader's.
        for (int i = 0; i < 1000; i++)
            _ = new MessagePackReader(mutator.Next(values[0])).TrySkip();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 200_000; i++)
        {
            var reader = new MessagePackReader(mutator.Next(values[i % values.Length]));
            while (reader.TrySkip())
            {
            }
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    internal static IEnumerable<object?> Boundaries()
    {
        yield return null;
        yield return true;
        yield return false;
        foreach (long number in new[]
        {
            0, 1, 127, 128, 255, 256, 65535, 65536, uint.MaxValue, uint.MaxValue + 1L, long.MaxValue,
            -1, -32, -33, -128, -129, -32768, -32769, int.MinValue, int.MinValue - 1L, long.MinValue,
        })
            yield return number;
        yield return ulong.MaxValue;
        yield return 1.5;
        yield return double.NegativeInfinity;
        foreach (int length in new[] { 0, 1, 2, 3, 4, 8, 15, 16, 17, 31, 32, 255, 256, 65535, 65536 })
        {
            yield return new string('x', length);
            yield return Enumerable.Range(0, length).Select(i => (byte)i).ToArray();
            yield return new Extension(5, Enumerable.Range(0, length).Select(i => (byte)i).ToArray());
            yield return Enumerable.Range(0, length).Select(i => (object?)(long)(i % 100)).ToArray();
            yield return Enumerable.Range(0, length).Select(i => KeyValuePair.Create((long)i, (object?)null)).ToArray();
        }
    }

    private sealed record Extension(sbyte Type, byte[] Data);

    internal static object? RandomValue(Random random, int depth) => random.Next(depth == 0 ? 7 : 9) switch
    {
        0 => null,
        1 => random.Next(2) == 0,
        2 => random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64),
        3 => random.NextDouble() * 1e9,
        4 => string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => (char)random.Next(0x20, 0x2FF))),
        5 => RandomBytes(random),
        6 => new Extension((sbyte)random.Next(0, 128), RandomBytes(random)),
        7 => Enumerable.Range(0, random.Next(20)).Select(_ => RandomValue(random, depth - 1)).ToArray(),
        _ => Enumerable.Range(0, random.Next(20))
            .Select(i => KeyValuePair.Create(i * 9L, RandomValue(random, depth - 1))).ToArray(),
    };

    private static byte[] RandomBytes(Random random)
    {
        byte[] bytes = new byte[random.Next(40)];
        random.NextBytes(bytes);
        return bytes;
    }

    internal static byte[] Encode(object? value)
    {
        var output = new ArrayBufferWriter<byte>();
        Write(new MessagePackWriter(output), value);
        return output.WrittenSpan.ToArray();
    }

    private static void Write(MessagePackWriter writer, object? value)
    {
        switch (value)
        {
            case null: writer.WriteNil(); break;
            case bool boolean: writer.Write(boolean); break;
            case long number: writer.Write(number); break;
            case ulong number: writer.Write(number); break;
            case double number: writer.Write(number); break;
            case string text: writer.Write(text); break;
            case byte[] bytes: writer.WriteBinary(bytes); break;
            case Extension extension: writer.WriteExtension(extension.Type, extension.Data); break;
            case object?[] array:
                writer.WriteArrayHeader(array.Length);
                foreach (object? element in array)
                    Write(writer, element);
                break;
            case KeyValuePair<long, object?>[] map:
                writer.WriteMapHeader(map.Length);
                foreach ((long key, object? element) in map)
                {
                    writer.Write(key);
                    Write(writer, element);
                }

                break;
            default: throw new InvalidOperationException(value.GetType().Name);
        }
    }

    // The same rendering as in PythonMessagePack's script.
    private static string Render(object? value) => value switch
    {
        null => "nil",
        bool boolean => boolean ? "true" : "false",
        long or ulong => string.Create(CultureInfo.InvariantCulture, $"{value}"),
        double number => $"f{BitConverter.DoubleToUInt64Bits(number):x16}",
        string text => "s" + Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text)),
        byte[] bytes => "b" + Convert.ToHexStringLower(bytes),
        Extension extension => $"x{extension.Type}:{Convert.ToHexStringLower(extension.Data)}",
        object?[] array => $"[{string.Join(',', array.Select(Render))}]",
        KeyValuePair<long, object?>[] map => $"{{{string.Join(',', map.Select(p => $"{p.Key}={Render(p.Value)}"))}}}",
        _ => throw new InvalidOperationException(value.GetType().Name),
    };

    private static string RenderNext(ref MessagePackReader reader)
    {
        switch (reader.NextType)
        {
            case MessagePackType.Nil:
                Assert.True(reader.TryReadNil());
                return "nil";
            case MessagePackType.Boolean:
                Assert.True(reader.TryReadBoolean(out bool boolean));
                return Render(boolean);
            case MessagePackType.Integer:
                return reader.TryReadInt64(out long signed) ? Render(signed)
                    : reader.TryReadUInt64(out ulong unsigned) ? Render(unsigned)
                    : throw new InvalidOperationException("integer");
            case MessagePackType.Float:
                Assert.True(reader.TryReadDouble(out double number));
                return Render(number);
            case MessagePackType.String:
                Assert.True(reader.TryReadString(out ReadOnlySpan<byte> text));
                return "s" + Convert.ToHexStringLower(text);
            case MessagePackType.Binary:
                Assert.True(reader.TryReadBinary(out ReadOnlySpan<byte> bytes));
                return "b" + Convert.ToHexStringLower(bytes);
            case MessagePackType.Extension:
                Assert.True(reader.TryReadExtension(out sbyte type, out ReadOnlySpan<byte> data));
                return $"x{type}:{Convert.ToHexStringLower(data)}";
            case MessagePackType.Array:
                Assert.True(reader.TryReadArrayHeader(out int count));
                var elements = new string[count];
                for (int i = 0; i < count; i++)
                    elements[i] = RenderNext(ref reader);
                return $"[{string.Join(',', elements)}]";
            default:
                Assert.True(reader.TryReadMapHeader(out int pairs));
                var entries = new string[pairs];
                for (int i = 0; i < pairs; i++)
                    entries[i] = $"{RenderNext(ref reader)}={RenderNext(ref reader)}";
                return $"{{{string.Join(',', entries)}}}";
        }
    }
}
