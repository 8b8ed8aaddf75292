using System.Buffers.Binary;
using System.Security.Cryptography;

namespace QuicProChat.Mesh.Transports.Lora.Airtime;

// One record of the ledger's file, 32 bytes, big-endian:
//   kind     1   1 claim, 2 boot
//   claim:   class 1, band 1, zero 1, airtime u32 (microseconds), time since boot i64 (microseconds),
//            unix time i64 (seconds, 0 unknown), zero 4
//   boot:    zero 3, boot id 16, zero 8
//   check    4   first bytes of SHA-256 over the 28 bytes before
// A boot record says of which boot the claims after it count their time.
internal readonly record struct LedgerRecord(
    LedgerRecord.RecordKind Kind, TrafficClass Class, byte Band, TimeSpan Airtime, TimeSpan At, long UnixSeconds,
    Guid BootId)
{
    internal const int Size = 32;
    private const int CheckAt = 28;

    internal enum RecordKind : byte
    {
        Claim = 1,
        Boot = 2,
    }

    internal static LedgerRecord Boot(Guid id) => new(RecordKind.Boot, default, 0, default, default, 0, id);

    internal static LedgerRecord Claim(TrafficClass c, byte band, TimeSpan airtime, TimeSpan at, long unixSeconds) =>
        new(RecordKind.Claim, c, band, airtime, at, unixSeconds, default);

    internal static bool TryRead(ReadOnlySpan<byte> bytes, out LedgerRecord record)
    {
        record = default;
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        if (bytes.Length < Size)
            return false;
        SHA256.HashData(bytes[..CheckAt], digest);
        if (!digest[..4].SequenceEqual(bytes[CheckAt..Size]))
            return false;
        switch (bytes[0])
        {
            case (byte)RecordKind.Boot:
                record = Boot(new Guid(bytes[4..20], bigEndian: true));
                return true;
            case (byte)RecordKind.Claim when bytes[1] <= (byte)TrafficClass.Emergency:
                long microseconds = BinaryPrimitives.ReadInt64BigEndian(bytes[8..]);
                if (Math.Abs((double)microseconds) > TimeSpan.MaxValue.TotalMicroseconds / 4)
                    return false;
                record = Claim(
                    (TrafficClass)bytes[1], bytes[2],
                    TimeSpan.FromMicroseconds(BinaryPrimitives.ReadUInt32BigEndian(bytes[4..])),
                    TimeSpan.FromMicroseconds(microseconds), BinaryPrimitives.ReadInt64BigEndian(bytes[16..]));
                return true;
            default:
                return false;
        }
    }

    internal void Write(Span<byte> destination)
    {
        destination[..Size].Clear();
        destination[0] = (byte)Kind;
        if (Kind == RecordKind.Boot)
        {
            BootId.TryWriteBytes(destination[4..20], bigEndian: true, out _);
        }
        else
        {
            destination[1] = (byte)Class;
            destination[2] = Band;
            // Rounded up: a booking must not shrink on its way through the file.
            uint microseconds = (uint)Math.Min(uint.MaxValue, Math.Ceiling(Airtime.TotalMicroseconds));
            BinaryPrimitives.WriteUInt32BigEndian(destination[4..], microseconds);
            BinaryPrimitives.WriteInt64BigEndian(destination[8..], (long)Math.Ceiling(At.TotalMicroseconds));
            BinaryPrimitives.WriteInt64BigEndian(destination[16..], UnixSeconds);
        }
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(destination[..CheckAt], digest);
        digest[..4].CopyTo(destination[CheckAt..]);
    }
}
