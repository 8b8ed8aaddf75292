using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Channels;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests.Channels;

public sealed class ChannelPayloadTests : IDisposable
{
    private const ushort Day = 20_786;
    private readonly LocalIdentity _alice = LocalIdentity.Generate();
    private readonly LocalIdentity _mallory = LocalIdentity.Generate();
    private readonly ChannelKey _key = ChannelKey.Draw(RandomSource.System);

    public void Dispose()
    {
        _alice.Dispose();
        _mallory.Dispose();
        _key.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_message_opens_with_the_key_and_says_who_wrote_it(bool isShort)
    {
        byte[] bytes = Seal(isShort);
        Assert.True(GossipRecord.TryRead(bytes, out GossipRecord record));
        Assert.Equal((_key.TopicOf(Day), Day, (byte)24), (record.Topic, record.BornDay, record.Hours));
        Assert.True(ChannelPayload.TryOpen(_key, record, new byte[bytes.Length], out ChannelPayload opened));
        Assert.Equal((Day, 7U, isShort), (opened.Period, opened.Sequence, opened.IsShort));
        Assert.Equal("\0hello", Encoding.UTF8.GetString(opened.Content));
        byte[] address = new byte[NodeAddress.Size];
        _alice.Address.Write(address);
        Assert.Equal(isShort ? address[..8] : _alice.PublicKey.ToArray(), opened.Sender.ToArray());
        Assert.True(opened.Verify(_key.Id, _alice.PublicKey.Span));
        Assert.False(opened.Verify(_key.Id, _mallory.PublicKey.Span));
        using ChannelKey other = ChannelKey.Draw(RandomSource.System);
        Assert.False(opened.Verify(other.Id, _alice.PublicKey.Span));
        Assert.False(ChannelPayload.TryOpen(other, record, new byte[bytes.Length], out _));
    }

    [Fact]
    public void A_signed_text_of_40_characters_has_at_most_130_bytes_around_it_on_a_radio()
    {
        byte[] record = ChannelPayload.Seal(_key, _alice, isShort: true, Day, Day, 24, 1, new byte[40]);
        // The kind of the frame is counted too.
        Assert.InRange(1 + record.Length - 40, 100, 130);
        Assert.Equal(128, 1 + record.Length - 40);
    }

    [Fact]
    public void Cut_or_altered_anywhere_a_record_does_not_open_or_its_signature_does_not_hold()
    {
        byte[] bytes = Seal(isShort: false);
        byte[] buffer = new byte[bytes.Length + 1];
        bool Reads(ReadOnlySpan<byte> record) =>
            GossipRecord.TryRead(record, out GossipRecord read) && read.Payload.Length >= ChannelPayload.MinSize
            && ChannelPayload.TryOpen(_key, read, buffer, out ChannelPayload opened)
            && opened.Verify(_key.Id, _alice.PublicKey.Span);
        Assert.True(Reads(bytes));
        for (int at = 0; at < bytes.Length; at++)
        {
            Assert.False(Reads(bytes.AsSpan(0, at)), $"cut at {at}");
            for (int bit = 0; bit < 8; bit++)
            {
                bytes[at] ^= (byte)(1 << bit);
                Assert.False(Reads(bytes), $"bit {bit} of byte {at}");
                bytes[at] ^= (byte)(1 << bit);
            }
        }

        Assert.False(Reads([.. bytes, 0]));
    }

    [Fact]
    public void A_nonce_repeats_only_where_the_whole_message_does()
    {
        static string Nonce(byte[] record) =>
            Convert.ToHexString(record.AsSpan(GossipRecord.HeaderSize + 2, ChaChaPoly.NonceSize));
        byte[] Make(LocalIdentity who, ushort day, uint sequence, string text) =>
            ChannelPayload.Seal(_key, who, isShort: false, day, day, 24, sequence, Encoding.UTF8.GetBytes("\0" + text));
        byte[] first = Make(_alice, Day, 1, "one");
        Assert.Equal(first, Make(_alice, Day, 1, "one"));
        Assert.Distinct([
            Nonce(first), Nonce(Make(_alice, Day, 1, "two")), Nonce(Make(_alice, Day, 2, "one")),
            Nonce(Make(_mallory, Day, 1, "one")),
            Nonce(Make(_alice, Day + 1, 1, "one")),
        ]);
    }

    [Fact]
    public void A_key_comes_back_from_its_URI_and_a_damaged_one_does_not()
    {
        string uri = _key.ToUri("news");
        Assert.True(ChannelKey.TryParse(uri, out ChannelKey? key, out string name, out _));
        Assert.Equal(("news", _key.Id), (name, key.Id));
        Assert.Equal(_key.Bytes.ToArray(), key.Bytes.ToArray());
        key.Dispose();
        for (int at = 0; at < uri.Length; at++)
        {
            Assert.False(ChannelKey.TryParse(uri[..at], out _, out _, out _));
            string changed = uri[..at] + (uri[at] == 'A' ? 'B' : 'A') + uri[(at + 1)..];
            bool isSame = string.Equals(changed, uri, StringComparison.OrdinalIgnoreCase) && at < "qpc-channel:".Length;
            Assert.True(isSame || !ChannelKey.TryParse(changed, out _, out _, out string? error)
                && error.Length > 0, changed);
        }
    }

    [Fact]
    public void A_passphrase_makes_the_same_key_for_all_and_another_for_another_name()
    {
        using ChannelKey one = ChannelKey.OfPassphrase("flood", "high water"),
        same = ChannelKey.OfPassphrase("flood", "high water");
        using ChannelKey other = ChannelKey.OfPassphrase("fire", "high water");
        Assert.Equal(one.Id, same.Id);
        Assert.NotEqual(one.Id, other.Id);
    }

    [Fact]
    public void Topics_of_different_days_have_nothing_in_common()
    {
        Assert.Distinct(Enumerable.Range(0, 1000).Select(d => _key.TopicOf((ushort)d)));
    }

    [Fact]
    public void Gaps_and_late_messages_are_told_by_numbers()
    {
        var senders = new ChannelSenders();
        var alice = new NodeAddress(1, 1);
        Assert.False(senders.Note(alice, new byte[32], false, 10, 5));
        Assert.False(senders.Note(alice, new byte[32], false, 10, 6));
        Assert.False(senders.Note(alice, new byte[32], false, 11, 9));
        Assert.Equal(2, senders.Missing);
        Assert.True(senders.Note(alice, new byte[32], false, 11, 7));
        Assert.Equal(1, senders.Missing);
        Assert.False(senders.Note(alice, new byte[32], false, 11, 500));
        Assert.Equal(63, senders.Missing);
    }

    [Fact]
    public void However_many_writers_there_are_few_are_remembered()
    {
        var senders = new ChannelSenders();
        for (ulong i = 0; i < 5000; i++)
            senders.Note(new NodeAddress(i, 1), new byte[32], false, 1, 1);
        Assert.Equal(256, senders.Count);
    }

    private byte[] Seal(bool isShort) => ChannelPayload.Seal(_key, _alice, isShort, Day, Day, 24, 7, "\0hello"u8);
}
