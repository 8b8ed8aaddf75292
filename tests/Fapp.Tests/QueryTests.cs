using QuicProChat.Mesh.Fapp.Mesh;
using QuicProChat.Mesh.Fapp.Queries;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Search;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Tests;

/// <summary>Queries for nodes that only radios reach: who learns what, and what bounds them.</summary>
public sealed class QueryTests : IDisposable
{
    private readonly LocalIdentity _asker = LocalIdentity.FromSeed(Filled(1)), _forwarder =
        LocalIdentity.FromSeed(Filled(2));
    private readonly LocalIdentity _relay = LocalIdentity.FromSeed(Filled(3));
    private readonly RandomFill _random = new Random(5).NextBytes;

    public void Dispose() => Array.ForEach([_asker, _forwarder, _relay], static i => i.Dispose());

    [Fact]
    public void The_forwarder_learns_who_asks_the_relay_what_is_asked_and_neither_learns_both()
    {
        var query = new SlotQuery { Filter = new SlotFilter { Prefix = "04", Language = "gsg" } };
        MadeQuery made = SealedQuery.Seal(_relay.PublicKey.Span, query, _random)!;
        byte[] ask = QueryRoute.Wrap(_forwarder.PublicKey.Span, _asker.Address, _relay.Address, made.Bytes, _random)!;
        Assert.False(QueryRoute.TryUnwrap(_relay, ask, out _, out _, out _));
        Assert.True(QueryRoute.TryUnwrap(_forwarder, ask, out NodeAddress who, out NodeAddress to,
            out byte[] passedOn));
        Assert.Equal((_asker.Address, _relay.Address), (who, to));
        Assert.False(SealedQuery.TryOpen(_forwarder, passedOn, out _, out _, out _));

        byte[] payload = QueryRoute.ToRelay(_forwarder.Address, 7, passedOn);
        Assert.Equal(-1, payload.AsSpan().IndexOf(Bytes(_asker.Address)));
        Assert.True(QueryRoute.TryReadQuery(payload, out NodeAddress back, out ulong token,
            out ReadOnlySpan<byte> came));
        Assert.Equal((_forwarder.Address, 7UL), (back, token));
        Assert.True(SealedQuery.TryOpen(_relay, came, out SlotQuery? read, out RequestId id, out byte[] key));
        Assert.Equal(("04", "gsg", made.Id), (read.Filter!.Prefix, read.Filter.Language, id));

        var response = new SlotResponse([Record()], 3);
        byte[] answer = SealedQuery.SealAnswer(id, key, response, _random);
        Assert.True(QueryRoute.TryReadAnswer(QueryRoute.ToForwarder(token, answer), out ulong same,
            out ReadOnlySpan<byte> forAsker));
        Assert.Equal(token, same);
        SlotResponse opened = SealedQuery.TryOpenAnswer(made.Key, forAsker)!;
        Assert.Equal(Record(), Assert.Single(opened.Records));
        Assert.Equal(3, opened.LeftOut);
        answer[^1] ^= 1;
        Assert.Null(SealedQuery.TryOpenAnswer(made.Key, answer));
        Assert.NotEqual(answer[..40], SealedQuery.SealAnswer(id, key, response, _random)[..40]);
    }

    [Fact]
    public void Each_message_is_as_long_as_the_page_says_whatever_is_asked()
    {
        Assert.Equal((176, 257, 201), (SealedQuery.Size, QueryRoute.AskSize, QueryRoute.QuerySize));
        byte[] none = new SlotResponse([], 0).Encode(), many = new SlotResponse([new byte[2000]], 0).Encode();
        Assert.Equal((1024, 2048), (none.Length, many.Length));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SlotResponse([new byte[4095]], 0).Encode());
        foreach ((int size, int forwarded) in ((int, int)[])[(1069, 1077), (2093, 2101), (4141, 4149)])
            Assert.True(QueryRoute.IsSize(size) && QueryRoute.IsSize(forwarded) && !QueryRoute.IsSize(size + 1));
        Assert.False(new SlotQuery
        {
            Filter = new SlotFilter
            {
                Language =
                    new string('x', 200)
            }
        }.TryWrite(new byte[SlotQuery.Size]));
    }

    [Fact]
    public void What_is_under_way_and_what_is_answered_is_bounded()
    {
        var book = new QueryBook();
        var now = new FappTime(0, null);
        SlotQuery query = new() { Filter = new SlotFilter() };
        for (int i = 0; i < QueryBook.MaxOwn; i++)
            Assert.True(book.TryAdd(SealedQuery.Seal(_relay.PublicKey.Span, query, _random)!, now));
        Assert.False(book.TryAdd(SealedQuery.Seal(_relay.PublicKey.Span, query, _random)!, now));
        for (int i = 0; i < QueryBook.MaxForwarded; i++)
            Assert.NotNull(book.Remember(_asker.Address, _random, now));
        Assert.Null(book.Remember(_asker.Address, _random, now));
        Assert.Equal(QueryBook.Burst, Enumerable.Range(0, 1000).Count(_ => book.MayAnswer(now)));
        Assert.Equal(6, Enumerable.Range(0, 1000).Count(_ => book.MayAnswer(new FappTime(60, null))));

        // A day later there is room again.
        var later = new FappTime(FappTime.Day, null);
        Assert.True(book.TryAdd(SealedQuery.Seal(_relay.PublicKey.Span, query, _random)!, later));
        ulong token = book.Remember(_asker.Address, _random, later)!.Value;
        Assert.Equal(_asker.Address, book.AskerOf(token));
        Assert.Null(book.AskerOf(token));
    }

    [Fact]
    public void An_answer_that_comes_after_a_restart_opens_once()
    {
        var before = new QueryBook();
        MadeQuery made = SealedQuery.Seal(_relay.PublicKey.Span, new SlotQuery { Filter = new SlotFilter() }, _random)!;
        byte[] answer = SealedQuery.SealAnswer(made.Id, made.Key, new SlotResponse([Record()], 0), _random);
        Assert.True(before.TryAdd(made, new FappTime(0, null)));
        byte[] row = Assert.Single(before.Changes.Take().Changed).Encode();

        var after = new QueryBook();
        Assert.Null(new QueryBook().TryOpen(answer));
        Assert.NotNull(after.Restore(row));
        Assert.Equal([Record()], after.TryOpen(answer)!.Records);
        Assert.Null(after.TryOpen(answer));
        Assert.Single(after.Changes.Take().Gone);
        for (int cut = 0; cut < row.Length; cut++)
            Assert.Null(new QueryBook().Restore(row.AsSpan(0, cut)));
    }

    [Fact]
    public void Whoever_fills_a_forwarder_with_queries_keeps_others_out_for_an_hour_at_most()
    {
        var book = new QueryBook();
        for (int i = 0; i < QueryBook.MaxForwarded; i++)
            Assert.NotNull(book.Remember(_relay.Address, _random, new FappTime(i, null)));
        ulong early = book.Remember(_asker.Address, _random, new FappTime(QueryBook.Protected, null))!.Value;
        Assert.Null(book.Remember(_relay.Address, _random, new FappTime(QueryBook.Protected, null)));
        Assert.NotNull(book.Remember(_relay.Address, _random, new FappTime(QueryBook.Protected + 1, null)));
        // What is younger than an hour stays.
        Assert.Equal(_asker.Address, book.AskerOf(early));
    }

    [Fact]
    public void Mutated_or_cut_nothing_that_travels_raises_an_exception_or_opens()
    {
        MadeQuery made = SealedQuery.Seal(_relay.PublicKey.Span, new SlotQuery { Filter = new SlotFilter() }, _random)!;
        byte[] ask = QueryRoute.Wrap(_forwarder.PublicKey.Span, _asker.Address, _relay.Address, made.Bytes, _random)!;
        byte[] answer = SealedQuery.SealAnswer(made.Id, made.Key, new SlotResponse([Record()], 0), _random);
        var random = new Random(11);
        for (int i = 0; i < 2_000; i++)
        {
            Assert.False(QueryRoute.TryUnwrap(_forwarder, Changed(ask, random), out _, out _, out _));
            Assert.False(SealedQuery.TryOpen(_relay, Changed(made.Bytes, random), out _, out _, out _));
            byte[] changed = Changed(answer, random);
            Assert.Null(SealedQuery.TryOpenAnswer(made.Key, changed));
            QueryRoute.TryReadAnswer(changed, out _, out _);
            QueryRoute.TryReadQuery(changed, out _, out _, out _);
        }

        for (int cut = 0; cut < ask.Length; cut++)
            Assert.False(QueryRoute.TryUnwrap(_forwarder, ask.AsSpan(0, cut), out _, out _, out _));
        for (int cut = 0; cut < answer.Length; cut++)
            Assert.Null(SealedQuery.TryOpenAnswer(made.Key, answer.AsSpan(0, cut)));
    }

    private static byte[] Changed(byte[] valid, Random random)
    {
        byte[] bytes = [.. valid];
        bytes[random.Next(1, bytes.Length)] ^= (byte)(1 << random.Next(7));
        return bytes;
    }

    private static byte[] Filled(byte value)
    {
        byte[] bytes = new byte[32];
        Array.Fill(bytes, value);
        return bytes;
    }

    private static byte[] Bytes(NodeAddress address)
    {
        byte[] bytes = new byte[NodeAddress.Size];
        address.Write(bytes);
        return bytes;
    }

    private byte[] Record() =>
        FappRecord.Create(_relay, FappRecordType.Announce, new Region(4), 0, 1, 20786, Bodies.Announce.Encode());
}
