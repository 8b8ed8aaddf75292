namespace QuicProChat.Mesh.Wire.Tests;

/// <summary>Damages valid bytes in the ways that find faults in parsers; the same seed gives the same bytes.</summary>
public sealed class Mutator(int seed)
{
    private static readonly byte[] Interesting = [0x00, 0x01, 0x7F, 0x80, 0xFF, 0xC1, 0xC6, 0xDB, 0xDD, 0xDF];

    private readonly Random _random = new(seed);
    private readonly byte[] _buffer = new byte[2048];

    /// <summary>The next damaged copy; valid until the next call. Nothing is allocated.</summary>
    public ReadOnlySpan<byte> Next(ReadOnlySpan<byte> valid)
    {
        valid.CopyTo(_buffer);
        int length = valid.Length;
        for (int steps = _random.Next(1, 4); steps > 0; steps--)
        {
            int at = _random.Next(length + 1);
            switch (_random.Next(6))
            {
                case 0 when at < length:
                    _buffer[at] ^= (byte)(1 << _random.Next(8));
                    break;
                case 1 when at < length:
                    _buffer[at] = Interesting[_random.Next(Interesting.Length)];
                    break;
                case 2 when at < length:
                    _buffer[at] = (byte)_random.Next(256);
                    break;
                case 3:
                    length = at;
                    break;
                case 4:
                    int more = _random.Next(1, 65);
                    _random.NextBytes(_buffer.AsSpan(length, more));
                    length += more;
                    break;
                case 5:
                    int size = _random.Next(length - at + 1);
                    _buffer.AsSpan(at, size).CopyTo(_buffer.AsSpan(length));
                    length += size;
                    break;
            }
        }

        return _buffer.AsSpan(0, length);
    }
}
