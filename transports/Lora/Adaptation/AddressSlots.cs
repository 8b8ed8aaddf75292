using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>
/// Addresses that two neighbours may name by two bytes (docs/reference/lora.md, section 3). Both sides keep one address
/// in each of 256 slots, chosen by the address itself. The sender uses a slot only after the frame that named the
/// address in full was acknowledged, and no other full address for that slot is under way.
/// </summary>
internal sealed class AddressSlots
{
    private const int SlotCount = 256;

    private readonly NodeAddress?[] _learned = new NodeAddress?[SlotCount];
    private readonly Sent[] _sent = new Sent[SlotCount];

    private record struct Sent(NodeAddress Address, bool Usable, int UnderWay);

    /// <summary>
    /// The link-local id of an address: its first two bytes, but never that of everyone or the escape 0.
    /// </summary>
    internal static ushort ShortId(in NodeAddress address)
    {
        ushort id = (ushort)(address.High >> 48);
        return id is 0 or RadioFrame.Everyone ? (ushort)0x0101 : id;
    }

    /// <summary>Whether the neighbour surely knows the address by its id.</summary>
    internal bool IsAgreed(in NodeAddress address)
    {
        Sent sent = _sent[Slot(ShortId(address))];
        return sent.Usable && sent.Address == address;
    }

    /// <summary>The address goes out in full.</summary>
    internal void SentInFull(in NodeAddress address)
    {
        ref Sent sent = ref _sent[Slot(ShortId(address))];
        sent = new Sent(address, Usable: false, sent.UnderWay + 1);
    }

    /// <summary>The frame that carried an address in full arrived, or was given up.</summary>
    internal void Settled(in NodeAddress address, bool arrived)
    {
        ref Sent sent = ref _sent[Slot(ShortId(address))];
        sent.UnderWay = Math.Max(0, sent.UnderWay - 1);
        sent.Usable = arrived && sent.UnderWay == 0 && sent.Address == address;
    }

    /// <summary>The neighbour does not know the id.</summary>
    internal void Forget(ushort id) => _sent[Slot(id)].Usable = false;

    /// <summary>The neighbour named an address in full.</summary>
    internal void Learn(in NodeAddress address) => _learned[Slot(ShortId(address))] = address;

    /// <summary>The address that the neighbour means by an id.</summary>
    internal bool TryResolve(ushort id, out NodeAddress address)
    {
        NodeAddress? known = _learned[Slot(id)];
        address = known ?? default;
        return known is not null && ShortId(address) == id;
    }

    private static int Slot(ushort id) => id & 0xFF;
}
