using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Ways;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Messaging.Tests.Groups;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fuzz;

/// <summary>
/// A member of a group reads what another member says: the first byte says how the rest is wrapped. The sender has its
/// own keys, so that what has to be signed is signed.
/// </summary>
internal static class GroupTarget
{
    internal static readonly FuzzTarget Target =
        new("group", "frames, texts, invitations, damaged states of groups", Seeds, Run);

    private static readonly TimeSpan _soon = TimeSpan.FromMinutes(1);

    private static Place? _place;

    /// <summary>How an input is wrapped.</summary>
    private enum Wrap : byte
    {
        /// <summary>Not at all: a whole frame.</summary>
        Frame,

        /// <summary>A kind and a body, under a tip that the sender signs now.</summary>
        Signed,

        /// <summary>A sealed text.</summary>
        Text,

        /// <summary>A frame that would let the reader in.</summary>
        Welcome,

        /// <summary>The reader's state, as a damaged disk gives it back.</summary>
        Saved,

        /// <summary>What is carried, or lies in an inbox: it is read, and written again as it was.</summary>
        Ways,
    }

    private static Place Current => _place ??= new Place();

    private static IEnumerable<byte[]> Seeds()
    {
        Place place = Current;
        foreach ((GroupMail mail, SimMember _) in place.Liar.MailLog.TakeLast(12))
        {
            yield return [(byte)Wrap.Frame, .. mail.Frame];
            yield return [(byte)Wrap.Signed, mail.Frame[0], .. mail.Frame.AsSpan(GroupFrame.HeadSize)];
            if (mail.Frame[0] == (byte)GroupFrameKind.Welcome)
                yield return [(byte)Wrap.Welcome, .. mail.Frame];
        }

        yield return [(byte)Wrap.Text, .. place.Text];
        yield return [(byte)Wrap.Saved, .. place.Reader.Disk.Group.Main];
        yield return [(byte)Wrap.Ways, .. new WaysFrame(place.Reader.Group!.Id, [(place.Liar.Address, true)]).Write()];
        yield return [(byte)Wrap.Ways, .. new ProofsFrame([(default, new byte[Receipt.ProofSize])]).Write()];
        byte[] envelope = [0x13, 0, 1, 0, 1, .. new byte[40]];
        yield return [(byte)Wrap.Ways, .. CarriedFrame.Write(envelope)];
        yield return [(byte)Wrap.Ways, .. new InboxEnvelope(new byte[32], new byte[24], envelope).ToBytes()];
    }

    private static void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
            return;
        Place place = Current;
        SimMember reader = place.Reader.Clone();
        Instant now = reader.Clock;
        NodeAddress from = place.Liar.Address;
        var output = new GroupOutput();
        MeshGroup group = reader.Group!;
        ReadOnlySpan<byte> rest = input[1..];
        switch ((Wrap)(input[0] % 6))
        {
            case Wrap.Ways:
                ReadWays(rest);
                return;
            case Wrap.Frame:
                group.Receive(now, from, rest, output);
                break;
            case Wrap.Signed:
                group.Receive(now, from, place.Sign(group, rest), output);
                break;
            case Wrap.Text:
                group.Open(now, rest, output, out _);
                break;
            case Wrap.Welcome:
                group = MeshGroup.Join(reader.Self, now, from, rest, group, output) ?? group;
                break;
            default:
                GroupDisk damaged = reader.Disk.Group;
                damaged.Main = rest.ToArray();
                if (damaged.Load(reader.Self, () => now) is not { } loaded)
                    return;
                group = loaded.Group;
                break;
        }

        // Whatever it believes now, it lives on with it and finds it again after a restart.
        for (int i = 0; i < 10 && group.NextDue <= now + _soon; i++)
            group.Tick(group.NextDue, output);
        Assert.NotNull(GroupDisk.Of(reader.Self, group, now).Load(place.Reader.Clone().Self, () => now));
    }

    private static void ReadWays(ReadOnlySpan<byte> bytes)
    {
        if (WaysFrame.Read(bytes) is { } ways)
            Assert.Equal(bytes.ToArray(), ways.Write());
        if (ProofsFrame.Read(bytes) is { } proofs)
            Assert.Equal(bytes.ToArray(), proofs.Write());
        if (CarriedFrame.TryRead(bytes, out Envelope carried))
            Assert.Equal(bytes.ToArray(), CarriedFrame.Write(carried.Bytes));
        if (InboxEnvelope.TryRead(bytes.ToArray(), out InboxEnvelope found))
            Assert.Equal(bytes.ToArray(), found.ToBytes());
        if (InboxItem.TryRead(bytes, default, DateTimeOffset.UnixEpoch, out InboxItem? item))
            Assert.Equal(bytes.ToArray(), item.ToBytes());
    }

    /// <summary>Three members who have talked; the third does not follow the rules.</summary>
    private sealed class Place
    {
        internal Place()
        {
            var world = new GroupWorld(1);
            Reader = world.Add("reader");
            SimMember other = world.Add("other");
            Liar = world.Add("liar");
            Liar.MayLeave = mail => mail.To == Reader.Address || mail.To == other.Address;
            world.Form(Liar, other, Reader);
            Liar.Send("one");
            Liar.Rotate();
            Assert.True(Liar.Invite(world.Add("late")));
            world.Run(_soon);
            SimMember clone = Liar.Clone();
            var output = new GroupOutput();
            clone.Group!.Send(clone.Clock, "two"u8.ToArray(), output);
            Text = output.Texts[0].Payload;
        }

        internal SimMember Reader { get; }

        internal SimMember Liar { get; }

        /// <summary>A text that the reader has not seen.</summary>
        internal byte[] Text { get; }

        internal byte[] Sign(MeshGroup group, ReadOnlySpan<byte> kindAndBody)
        {
            byte kind = kindAndBody.IsEmpty ? (byte)0 : kindAndBody[0];
            MeshGroup own = Liar.Group!;
            var tip = SignedTip.Sign(group.Id, 1_000_000, own.Epoch, own.Tip, Liar.Identity);
            var writer = new FrameWriter();
            new GroupFrame((GroupFrameKind)kind, group.Id, 0, tip).WriteHead(writer);
            writer.Raw(kindAndBody.IsEmpty ? [] : kindAndBody[1..]);
            return writer.ToArray();
        }
    }
}
