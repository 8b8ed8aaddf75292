using static QuicProChat.Mesh.MlsLite.Tests.World;

namespace QuicProChat.Mesh.MlsLite.Tests;

/// <summary>Hostile bytes cost an error and nothing else, inside the encryption too.</summary>
public class LiteFuzzTests
{
    [Fact]
    public void Damaged_messages_of_every_kind_never_throw_and_change_nothing()
    {
        LiteGroup[] all = Circle(3);
        byte[][] valid =
        [
            all[1].Seal(Text).Message, all[1].SealSigned(Text).Message, all[1].Rekey()[0].Message.ToArray(),
            Forge.Seal(all[1], LiteMessageType.Roster, [4, .. Key(4)]), Forge.Seal(all[1], LiteMessageType.Start, []),
            Forge.Seal(all[1], LiteMessageType.Hello, Key(2)),
        ];
        byte[] before = all[0].Save();
        var random = new Random(11);
        for (int i = 0; i < 60_000; i++)
        {
            byte[] damaged = Damage(random, valid[random.Next(valid.Length)]);
            if (!valid.Any(v => v.AsSpan().SequenceEqual(damaged)))
                Assert.NotEqual(LiteError.None, all[0].Open(damaged).Error);
            if (UnverifiedLiteMessage.TryRead(damaged, out UnverifiedLiteMessage message))
                Assert.InRange(all[0].PriceOf(message), 0, 4 * 30);
        }

        Assert.Equal(before, all[0].Save());
    }

    [Fact]
    public void A_member_who_signs_any_content_at_all_makes_nothing_throw()
    {
        var time = new ManualTime();
        LiteGroup[] all = Circle(3, time);
        var random = new Random(12);
        LiteMessageType[] types = [.. Enum.GetValues<LiteMessageType>()];
        for (int i = 0; i < 3000; i++)
        {
            LiteMessageType type = types[random.Next(types.Length)];
            byte[] content =
                new byte[random.Next(4) switch { 0 => 37, 1 => 33 * random.Next(5), 2 => 32, _ => random.Next(200) }];
            random.NextBytes(content);
            if (content.Length == 37 && random.Next(2) == 0)
                (content[0], content[1], content[2], content[3]) = ((byte)all[0].OwnIndex, 0, 0, 0);
            for (int at = 0; at < content.Length && random.Next(2) == 0; at += 33)
                content[at] = (byte)random.Next(34);
            LiteEpoch epoch = all[2].Kept[random.Next(all[2].Kept.Count)];
            _ = all[0].Open(Forge.Seal(all[2], type, content, epoch));
            time.Advance(TimeSpan.FromMinutes(1));
        }

        // The group stays one that can be stored, loaded and written in.
        Assert.True(LiteGroup.TryLoad(Self(1), all[0].Save(), out LiteGroup? loaded));
        _ = loaded.Seal(Text);
        AssertReads(all[0], Seal(all[1], all), all[1]);
    }

    [Fact]
    public void Damaged_states_and_invitations_are_refused_or_loaded_and_never_throw()
    {
        LiteGroup[] all = Circle(3);
        byte[] state = all[0].Save();
        using LiteInvitation invitation = all[0].Invite(out _);
        byte[] uri = System.Text.Encoding.ASCII.GetBytes(invitation.ToUri());
        var random = new Random(13);
        for (int i = 0; i < 5_000; i++)
        {
            if (LiteGroup.TryLoad(Self(1), Damage(random, state), out LiteGroup? loaded))
            {
                _ = Record.Exception(() => loaded.Seal(Text)) is null or InvalidOperationException;
                _ = loaded.Save();
                _ = loaded.Open(state.AsSpan(0, 60));
                loaded.Dispose();
            }

            string damaged = System.Text.Encoding.Latin1.GetString(Damage(random, uri));
            if (LiteInvitation.TryParse(damaged, out LiteInvitation? read, out string? error))
                Assert.Equal(invitation.ToUri(), read.ToUri());
            else
                Assert.NotEmpty(error);
        }
    }

    private static byte[] Damage(Random random, byte[] valid)
    {
        List<byte> bytes = [.. valid];
        for (int steps = random.Next(1, 4); steps > 0; steps--)
        {
            int at = random.Next(bytes.Count + 1);
            switch (random.Next(5))
            {
                case 0 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1 when at < bytes.Count:
                    bytes[at] = (byte)(random.Next(3) switch { 0 => 0, 1 => 255, _ => random.Next(256) });
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(20), bytes.Count - at));
                    break;
                case 3:
                    bytes.InsertRange(at, Enumerable.Range(0, random.Next(20)).Select(_ => (byte)random.Next(256)));
                    break;
                case 4 when at < 6 && at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
            }
        }

        return [.. bytes];
    }
}
