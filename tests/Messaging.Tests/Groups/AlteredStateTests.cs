using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Tests.Groups;

/// <summary>States that were altered under their seal: they are refused when they are read, or lived with.</summary>
public class AlteredStateTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(0x01)]
    [InlineData(0x80)]
    [InlineData(0xff)]
    public void A_state_with_any_byte_altered_is_refused_or_goes_on_and_is_found_again(byte mask)
    {
        (SimMember reader, (SimMember From, byte[] Frame)[] coming) = Forked();
        GroupDisk whole = reader.Disk.Group;
        int read = 0;
        for (int i = 0; i < whole.Main.Length; i++)
        {
            GroupDisk altered = whole.Copy();
            altered.Main[i] ^= mask;
            SimMember self = reader.Clone();
            Instant now = self.Clock;
            if (altered.Load(self.Self, () => now) is not { } entry)
                continue;
            read++;
            MeshGroup group = entry.Group;
            var output = new GroupOutput();
            foreach ((SimMember from, byte[] frame) in coming)
                group.Receive(now, from.Address, frame, output);
            for (int step = 0; step < 10 && group.NextDue <= now + Soon; step++)
                group.Tick(group.NextDue, output);
            Assert.NotNull(GroupDisk.Of(self.Self, group, now).Load(reader.Clone().Self, () => now));
        }

        // Times and counts may be anything.
        Assert.InRange(read, 1, whole.Main.Length);
    }

    /// <summary>A member who knows two branches, each with a newcomer, and what moves it further.</summary>
    private static (SimMember Reader, (SimMember From, byte[] Frame)[] Coming) Forked()
    {
        var world = new GroupWorld(3);
        SimMember a = world.Add("a"), b = world.Add("b"), reader = world.Add("reader");
        world.Form(a, b, reader);
        Assert.True(a.Order(OrderKind.Promote, b));
        world.Run(Soon);
        world.Part(m => m == a ? 0 : 1);
        Assert.True(a.Invite(world.Add("d")) && b.Invite(world.Add("e")));
        world.Run(Soon);
        world.Heal();
        world.Run(TimeSpan.FromSeconds(1));
        SimMember[] others = [a, b];
        foreach (SimMember other in others)
            other.MailLog.Clear();
        SimMember kept = reader.Clone();
        a.Rotate();
        b.Rotate();
        world.Run(Soon);
        return (kept, [.. others.SelectMany(
            o => o.MailLog.Where(m => m.Mail.To == reader.Address).Select(m => (o, m.Mail.Frame)))]);
    }
}
