using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Wire;

// docs/reference/protocol.md, section 3.2: a MessagePack map
//
//  1 version  2 capabilities  3 name  4 network id(8)  5 largest frame  6 network proof(32)  7 boot id(8)
//  8 dial number  9 newer certificate(104)

/// <summary>The first frame in each direction: a view of its body.</summary>
public readonly ref struct Hello
{
    /// <summary>The version that this code speaks.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Size of a network id in bytes.</summary>
    public const int NetworkIdSize = 8;

    /// <summary>Size of a network proof in bytes.</summary>
    public const int NetworkProofSize = 32;

    private const int BootIdSize = sizeof(ulong);

    private enum Key : uint
    {
        Version = 1,
        Capabilities = 2,
        Name = 3,
        NetworkId = 4,
        MaxFrame = 5,
        NetworkProof = 6,
        BootId = 7,
        DialNumber = 8,
        NewerCertificate = 9,
    }

    /// <summary>
    /// Protocol version; another than <see cref="CurrentVersion"/> is the caller's reason to end the link.
    /// </summary>
    public required uint Version { get; init; }

    /// <summary>What the node does for others.</summary>
    public Capabilities Capabilities { get; init; }

    /// <summary>The node's name in UTF-8, as <see cref="NodeName"/> allows; may be empty.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>The network id, 8 bytes; empty without a network key.</summary>
    public ReadOnlySpan<byte> NetworkId { get; init; }

    /// <summary>Largest frame (kind and body) that the node accepts, in bytes: 160 to 65,535.</summary>
    public required int MaxFrame { get; init; }

    /// <summary>The proof of the network key, 32 bytes; empty without one.</summary>
    public ReadOnlySpan<byte> NetworkProof { get; init; }

    /// <summary>Drawn at process start.</summary>
    public required ulong BootId { get; init; }

    /// <summary>
    /// Which dial of the process made this link, from 1 upwards; 0 (absent) from the side that listens.
    /// </summary>
    public uint DialNumber { get; init; }

    /// <summary>
    /// The proof (<see cref="CertificateNumber"/>, 104 bytes) that the receiver has shown a newer certificate before;
    /// empty in almost every Hello.
    /// </summary>
    public ReadOnlySpan<byte> NewerCertificate { get; init; }

    /// <summary>
    /// Reads a body; false if it is too large, malformed, has a key twice, a value out of range, lacks version, largest
    /// frame or boot id, or goes on behind the map. Unknown keys are skipped.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out Hello hello) => TryRead(body, out hello, out _);

    /// <summary>Likewise; says what is wrong.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out Hello hello, out HelloFault fault)
    {
        hello = default;
        fault = new HelloFault(HelloFaultKind.TooLarge);
        if (body.Length > Limits.Arbitrary.MaxHello)
            return false;
        var reader = new MessagePackReader(body);
        fault = new HelloFault(HelloFaultKind.NoMap);
        if (!reader.TryReadMapHeader(out int pairs))
            return false;

        uint seen = 0, version = 0, capabilities = 0, maxFrame = 0, dialNumber = 0;
        ReadOnlySpan<byte> name = default, networkId = default, proof = default, bootId = default, newer = default;
        for (; pairs > 0; pairs--)
        {
            fault = new HelloFault(HelloFaultKind.BadKey);
            if (!reader.TryReadUInt32(uint.MaxValue, out uint key))
                return false;
            uint bit = key < 32 ? 1u << (int)key : 0;
            fault = new HelloFault(HelloFaultKind.KeyTwice, key);
            if ((seen & bit) != 0)
                return false;
            seen |= bit;
            fault = new HelloFault(HelloFaultKind.BadValue, key);
            bool read = (Key)key switch
            {
                Key.Version => reader.TryReadUInt32(uint.MaxValue, out version),
                Key.Capabilities => reader.TryReadUInt32(ushort.MaxValue, out capabilities),
                Key.Name => reader.TryReadString(out name) && NodeName.IsValid(name),
                Key.NetworkId => reader.TryReadBinary(out networkId) && networkId.Length == NetworkIdSize,
                Key.MaxFrame => reader.TryReadUInt32(Limits.MaxFrame, out maxFrame) && maxFrame >= Limits.MinMaxFrame,
                Key.NetworkProof => reader.TryReadBinary(out proof) && proof.Length == NetworkProofSize,
                Key.BootId => reader.TryReadBinary(out bootId) && bootId.Length == BootIdSize,
                Key.DialNumber => reader.TryReadUInt32(uint.MaxValue, out dialNumber),
                Key.NewerCertificate => reader.TryReadBinary(out newer) && newer.Length == CertificateNumber.Size,
                _ => reader.TrySkip(),
            };
            if (!read)
                return false;
        }

        fault = new HelloFault(HelloFaultKind.Longer);
        if (!reader.AtEnd)
            return false;
        const uint required = 1u << (int)Key.Version | 1u << (int)Key.MaxFrame | 1u << (int)Key.BootId;
        uint missing = required & ~seen;
        fault = new HelloFault(HelloFaultKind.KeyMissing, (uint)BitOperations.TrailingZeroCount(missing));
        if (missing != 0)
            return false;
        fault = default;
        hello = new Hello
        {
            Version = version,
            Capabilities = (Capabilities)capabilities,
            Name = name,
            NetworkId = networkId,
            MaxFrame = (int)maxFrame,
            NetworkProof = proof,
            BootId = BinaryPrimitives.ReadUInt64BigEndian(bootId),
            DialNumber = dialNumber,
            NewerCertificate = newer,
        };
        return true;
    }

    /// <summary>Writes the body, keys in ascending order, absent values left out.</summary>
    /// <exception cref="ArgumentException">A value is one that <c>TryRead</c> refuses.</exception>
    public void Write(IBufferWriter<byte> output)
    {
        if (!NodeName.IsValid(Name) || NetworkId.Length is not (0 or NetworkIdSize)
            || NetworkProof.Length is not (0 or NetworkProofSize)
            || NewerCertificate.Length is not (0 or CertificateNumber.Size)
            || MaxFrame is < Limits.MinMaxFrame or > Limits.MaxFrame)
            throw new ArgumentException(
                "A Hello's name, network id, proof, newer certificate or largest frame is out of its limits.");

        var writer = new MessagePackWriter(output);
        writer.WriteMapHeader(4 + (Name.IsEmpty ? 0 : 1) + (NetworkId.IsEmpty ? 0 : 1) + (NetworkProof.IsEmpty ? 0 : 1)
            + (DialNumber == 0 ? 0 : 1) + (NewerCertificate.IsEmpty ? 0 : 1));
        writer.Write((ulong)Key.Version);
        writer.Write((ulong)Version);
        writer.Write((ulong)Key.Capabilities);
        writer.Write((ulong)Capabilities);
        if (!Name.IsEmpty)
        {
            writer.Write((ulong)Key.Name);
            writer.WriteString(Name);
        }

        if (!NetworkId.IsEmpty)
        {
            writer.Write((ulong)Key.NetworkId);
            writer.WriteBinary(NetworkId);
        }

        writer.Write((ulong)Key.MaxFrame);
        writer.Write(MaxFrame);
        if (!NetworkProof.IsEmpty)
        {
            writer.Write((ulong)Key.NetworkProof);
            writer.WriteBinary(NetworkProof);
        }

        Span<byte> bootId = stackalloc byte[BootIdSize];
        BinaryPrimitives.WriteUInt64BigEndian(bootId, BootId);
        writer.Write((ulong)Key.BootId);
        writer.WriteBinary(bootId);
        if (DialNumber != 0)
        {
            writer.Write((ulong)Key.DialNumber);
            writer.Write((ulong)DialNumber);
        }

        if (!NewerCertificate.IsEmpty)
        {
            writer.Write((ulong)Key.NewerCertificate);
            writer.WriteBinary(NewerCertificate);
        }
    }
}
