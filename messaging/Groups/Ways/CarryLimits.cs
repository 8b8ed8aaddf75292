using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups.Ways;

/// <summary>What this node carries for others: no more than some of each, and nothing twice.</summary>
internal sealed class CarryLimits
{
    /// <summary>What an envelope costs beside its bytes: it is sealed or proven anew.</summary>
    internal const int Price = 1024;

    /// <summary>Bytes of one member, and of all: at once, and in each minute. Arbitrary.</summary>
    internal const int BytesOfMember = 1 << 20;

    /// <inheritdoc cref="BytesOfMember"/>
    internal const int BytesOfAll = 4 << 20;

    /// <summary>How often a member may tell of its ways: at once, and in each minute. Arbitrary.</summary>
    internal const int ToldOfMember = 60;

    /// <summary>How often all is sent again to a member that a way was found to: in each hour. Arbitrary.</summary>
    internal const int AgainToMember = 4;

    /// <summary>Envelopes that are remembered. Arbitrary.</summary>
    internal const int MaxRecent = 4096;

    private static readonly TimeSpan Refill = TimeSpan.FromMinutes(1);

    private readonly AllowanceTable<NodeAddress> _members = new(256, BytesOfMember, Refill);
    private readonly Allowance _all = new(BytesOfAll, Refill);
    private readonly AllowanceTable<NodeAddress> _telling = new(256, ToldOfMember, Refill);
    private readonly AllowanceTable<NodeAddress> _again = new(256, AgainToMember, TimeSpan.FromHours(1));
    private readonly RecentSet<EnvelopeId> _recent = new(MaxRecent);

    /// <summary>Takes what an envelope costs; false if its sender, or all together, used that up.</summary>
    internal bool TryTake(TimeSpan at, in NodeAddress sender, int size)
    {
        int price = size + Price;
        return _all.Has(at, price) && _members.Of(at, sender).TryTake(at, price) && _all.TryTake(at, price);
    }

    /// <summary>A member may tell of its ways.</summary>
    internal bool MayTell(TimeSpan at, in NodeAddress member) => _telling.Of(at, member).TryTake(at, 1);

    /// <summary>What a member lacks may be sent to it again.</summary>
    internal bool MaySendAgain(TimeSpan at, in NodeAddress member) => _again.Of(at, member).TryTake(at, 1);

    /// <summary>It was carried before.</summary>
    internal bool WasCarried(in EnvelopeId envelope) => _recent.Contains(envelope);

    /// <summary>It is carried.</summary>
    internal void Carried(in EnvelopeId envelope) => _recent.Add(envelope);

    /// <summary>It was not: the disk did not take it.</summary>
    internal void NotCarried(in EnvelopeId envelope) => _recent.Remove(envelope);
}
