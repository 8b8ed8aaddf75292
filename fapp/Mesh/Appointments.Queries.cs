using System.Security.Cryptography;
using QuicProChat.Mesh.Fapp.Attestation;
using QuicProChat.Mesh.Fapp.Patient;
using QuicProChat.Mesh.Fapp.Practice;
using QuicProChat.Mesh.Fapp.Queries;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Requests;
using QuicProChat.Mesh.Fapp.Search;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Routing.Gossip;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Mesh;

/// <content>
/// Queries, where only radios reach and records are too large for them (docs/reference/fapp.md, section 3.5):
/// <code>
///  asker --Ask--> forwarder --Query--> relay
///  asker &lt;--Answer-- forwarder &lt;--AnswerToForward-- relay
/// </code>
/// </content>
public sealed partial class Appointments
{
    /// <summary>Practices in an answer; arbitrary: what fits has about that many.</summary>
    private const int MaxAnswered = 8;

    /// <summary>Records that are read from the disk for one answer; arbitrary: all of a region, and room.</summary>
    private const int MaxRead = 8192;

    /// <summary>How often this node asks for answers by itself while a reservation is open.</summary>
    private const long QueryEvery = 6 * FappTime.Hour;

    /// <summary>The router asks for two minutes after it was told to.</summary>
    private const long SeekEvery = 5 * FappTime.Minute;

    private readonly QueryBook _queries = new();
    private long _queryAt = long.MaxValue;
    private long _seekAt;

    /// <summary>
    /// Asks a relay what fits. The search leaves this node, but nobody learns both who asks and what for.
    /// </summary>
    /// <returns>How many queries are under way: one.</returns>
    public Task<int> QueryAsync(SlotFilter filter) => DoAsync((now, transaction) =>
    {
        CheckMayQuery();
        return Query(new SlotQuery { Filter = filter }, now, transaction) ? 1 : throw NoRelay();
    });

    /// <summary>Asks relays for the answers to this patient's open reservations.</summary>
    /// <returns>How many queries are under way.</returns>
    public Task<int> QueryAnswersAsync() => DoAsync((now, transaction) =>
    {
        CheckMayQuery();
        int open = _patient.Reservations.Count(static r => r.IsActive);
        int asked = QueryAnswers(now, transaction);
        return asked > 0 || open == 0 ? asked : throw NoRelay();
    });

    private static FappException NoRelay() => new(
        "a query needs two FAPP relays that are known and no neighbours (name them in \"fappRelays\"), and not too "
            + "many "
        + "under way: try again later");

    private void CheckMayQuery()
    {
        if (!IsOnlyRadio)
        {
            throw new FappException(
                "only a node that nothing but radios reaches asks a relay: search without asking, then nobody learns "
                    + "anything");
        }
    }

    /// <summary>While something is open, and nothing comes by itself, its answers are asked for now and then.</summary>
    private void TickQueries(FappTime now, MessageTransaction transaction)
    {
        SeekRelays(now);
        bool isNeeded = IsOnlyRadio && _patient.Reservations.Any(static r => r.IsActive);
        if (!isNeeded)
        {
            _queryAt = long.MaxValue;
            return;
        }

        if (_queryAt == long.MaxValue)
            _queryAt = now.Running + Chance.Below(_context.Random, (int)QueryEvery);
        if (now.Running < _queryAt)
            return;
        _queryAt = now.Running + QueryEvery / 2 + Chance.Below(_context.Random, (int)QueryEvery);
        QueryAnswers(now, transaction);
    }

    /// <summary>
    /// Radios spread no announces: relays that the operator names are asked for until they are known.
    /// </summary>
    private void SeekRelays(FappTime now)
    {
        if (_options.Relays.Count == 0 || now.Running < _seekAt || !IsOnlyRadio)
            return;
        bool isAsked = true;
        foreach (NodeAddress relay in _options.Relays)
        {
            if (!_context.Router.TryGetPublicKey(relay, out _))
                isAsked &= _context.Router.Seek(_lastTick, relay);
        }

        _seekAt = now.Running + (isAsked ? SeekEvery : 0);
    }

    private int QueryAnswers(FappTime now, MessageTransaction transaction)
    {
        int asked = 0;
        foreach (Reservation reservation in _patient.Reservations.Where(static r => r.IsActive))
        {
            byte first = (byte)(reservation.Id.High >> 56);
            var query = new SlotQuery { Author = reservation.Author, Place = reservation.Place, First = first };
            if (!Query(query, now, transaction))
                break;
            asked++;
        }

        return asked;
    }

    private bool Query(SlotQuery query, FappTime now, MessageTransaction transaction)
    {
        Announce[] relays = Forwarders.Find(_context.Router, _context.Identity.Address, null, anyKnown: true);
        if (relays.Length < 2)
        {
            _seekAt = 0;
            SeekRelays(now);
            return false;
        }

        int forwarder = Chance.Below(_context.Random, relays.Length);
        int relay = (forwarder + 1 + Chance.Below(_context.Random, relays.Length - 1)) % relays.Length;
        if (SealedQuery.Seal(relays[relay].PublicKey, query, _context.Random) is not { } made
            || QueryRoute.Wrap(
                relays[forwarder].PublicKey, _context.Identity.Address, relays[relay].Address, made.Bytes,
                    _context.Random) is not { } payload
            || !_queries.TryAdd(made, now))
            return false;
        Write(_queries.Changes, transaction);
        Send(relays[forwarder].Address, payload, transaction);
        return true;
    }

    private void ReceivedAsk(FappTime now, Arrival arrival, MessageTransaction transaction)
    {
        if (_options.Mode != FappMode.Relay
            || !QueryRoute.TryUnwrap(_context.Identity, arrival.Payload.Span, out NodeAddress asker,
                out NodeAddress relay, out byte[] query))
        {
            Reject(arrival, transaction);
            return;
        }

        if (_queries.Remember(asker, _context.Random, now) is { } token)
            Forward(arrival, relay, QueryRoute.ToRelay(_context.Identity.Address, token, query), now, transaction);
        else
            Full(arrival, transaction);
    }

    private void ReceivedQuery(FappTime now, Arrival arrival, MessageTransaction transaction)
    {
        if (_options.Mode != FappMode.Relay
            || !QueryRoute.TryReadQuery(arrival.Payload.Span, out NodeAddress forwarder, out ulong token,
                out ReadOnlySpan<byte> bytes)
            || !_queries.MayAnswer(now)
            || !SealedQuery.TryOpen(_context.Identity, bytes, out SlotQuery? query, out RequestId id, out byte[] key))
        {
            Reject(arrival, transaction);
            return;
        }

        SlotResponse response = query.Filter is { } filter ? AnswerSearch(filter, now) : AnswerAnswers(query);
        byte[] answer = SealedQuery.SealAnswer(id, key, response, _context.Random);
        CryptographicOperations.ZeroMemory(key);
        Counters.QueriesAnswered++;
        Send(forwarder, QueryRoute.ToForwarder(token, answer), transaction);
        Finish(arrival.Token, transaction);
    }

    private void ReceivedAnswerToForward(FappTime now, Arrival arrival, MessageTransaction transaction)
    {
        if (QueryRoute.TryReadAnswer(arrival.Payload.Span, out ulong token, out ReadOnlySpan<byte> answer)
            && _queries.AskerOf(token) is { } asker)
            Forward(arrival, asker, [(byte)FappPayload.Answer, .. answer], now, transaction);
        else
            Reject(arrival, transaction);
    }

    /// <summary>What came is judged as if gossip had brought it.</summary>
    private void ReceivedAnswer(FappTime now, Arrival arrival, MessageTransaction transaction)
    {
        ReadOnlySpan<byte> answer = arrival.Payload.Span[1..];
        if (!SealedQuery.IsAnswerSize(answer.Length) || _queries.TryOpen(answer) is not { } response)
        {
            Reject(arrival, transaction);
            return;
        }

        // Who somebody is counts before what it offers.
        foreach (byte[] bytes in response.Records.OrderBy(static r => OrderOf(r)))
        {
            if (!GossipRecord.TryRead(bytes, out GossipRecord record)
                || !FappRecord.TryRead(record, out FappRecord read) || !read.Verify()
                || !Store.Follows(record.Topic))
            {
                Counters.RecordsRefused++;
                continue;
            }

            if (TakeRecord(read, record, now).Verdict != GossipVerdict.Refused && read.Type != FappRecordType.Answers)
                KeepFound(read, bytes, now, transaction);
        }

        Counters.AnswersTaken++;
        Persist(now, transaction);
        Finish(arrival.Token, transaction);
    }

    private static int OrderOf(byte[] bytes) => GossipRecord.TryRead(bytes, out GossipRecord record)
        && FappRecord.TryRead(record, out FappRecord read)
        && read.Type is FappRecordType.Attestation or FappRecordType.Revocation ? 0 : 1;

    private SlotResponse AnswerSearch(SlotFilter filter, FappTime now)
    {
        (byte[] Author, byte Place)[] fit =
        [
            .. Store.Search(filter, now).Select(static o => (Key: MeshKey.Read(o.Author), o.Author, o.Place))
                .DistinctBy(static o => (o.Key, o.Place)).Select(static o => (o.Author, o.Place)),
        ];
        HashSet<GossipTopic> topics = fit.Length == 0
            ? [] : [.. Followed.Where(r => IsWithin(r.ToString(), filter.Prefix)).Select(static r => r.Topic)];
        HashSet<MeshKey> wanted = [.. fit.Take(MaxAnswered).Select(static f => MeshKey.Read(f.Author))];
        var newest = new Dictionary<(FappRecordType, MeshKey, ulong), (ulong Sequence, byte[] Bytes, MeshKey About)>();
        foreach (byte[] bytes in Kept(topics))
        {
            if (!GossipRecord.TryRead(bytes, out GossipRecord record)
                || !FappRecord.TryRead(record, out FappRecord read)
                || AboutOf(read) is not { } about || !wanted.Contains(about))
                continue;
            (FappRecordType Type, MeshKey, ulong) place = (read.Type, MeshKey.Read(read.Author), read.Place);
            if (!newest.TryGetValue(place, out (ulong Sequence, byte[] Bytes, MeshKey About) there)
                || there.Sequence < read.Sequence)
                newest[place] = (read.Sequence, bytes, about);
        }

        return Pack(fit, [.. newest.Select(static n => (n.Key.Item1, n.Key.Item3, n.Value.Bytes, n.Value.About))]);
    }

    private static bool IsWithin(string region, string prefix) => prefix.Length == 0
        || prefix.StartsWith(region, StringComparison.Ordinal) || region.StartsWith(prefix, StringComparison.Ordinal);

    /// <summary>Each practice whole, with what speaks for it, or not at all.</summary>
    private static SlotResponse Pack(
        (byte[] Author, byte Place)[] fit, IReadOnlyList<(FappRecordType Type, ulong Place, byte[] Bytes,
            MeshKey About)> found)
    {
        var records = new List<byte[]>();
        int used = SlotResponse.HeadSize, packed = 0;
        var spoken = new HashSet<MeshKey>();
        foreach ((byte[] author, byte place) in fit.Take(MaxAnswered))
        {
            MeshKey key = MeshKey.Read(author);
            bool isNew = !spoken.Contains(key);
            byte[][] own = [.. found.Where(f => f.About == key
                && (f.Type == FappRecordType.Announce ? f.Place == place : isNew)).Select(static f => f.Bytes)];
            int size = own.Sum(static r => SlotResponse.RecordHead + r.Length);
            if (own.Length == 0 || used + size > SlotResponse.MaxSize)
                continue;
            used += size;
            packed++;
            spoken.Add(key);
            records.AddRange(own);
        }

        return new SlotResponse(records, (byte)Math.Min(byte.MaxValue, fit.Length - packed));
    }

    private SlotResponse AnswerAnswers(SlotQuery query)
    {
        (ulong Sequence, byte[] Bytes) newest = default;
        if (Store.RegionOf(query.Author) is { } region)
        {
            foreach (byte[] bytes in Kept([region.Topic]))
            {
                if (GossipRecord.TryRead(bytes, out GossipRecord record)
                    && FappRecord.TryRead(record, out FappRecord read)
                    && read.Type == FappRecordType.Answers && read.Author.SequenceEqual(query.Author)
                        && read.Place >> 8 == query.Place
                    && SlotConfirm.TryRead(read.Body, out SlotConfirm confirm)
                    && confirm.Shard == SlotConfirm.ShardOf(new RequestId((ulong)query.First << 56, 0),
                        confirm.ShardBits)
                    && read.Sequence > newest.Sequence)
                    newest = (read.Sequence, bytes);
            }
        }

        return new SlotResponse(newest.Bytes is null ? [] : [newest.Bytes], 0);
    }

    private IEnumerable<byte[]> Kept(HashSet<GossipTopic> topics) => topics.Count == 0
        ? [] : _records.Find(topics, onlyUnread: false).Take(MaxRead).Select(static r => r.Bytes);

    /// <summary>The practice that a record is of, or about; null for answers, and for what is about nobody.</summary>
    private static MeshKey? AboutOf(in FappRecord read) => read.Type switch
    {
        FappRecordType.Announce => MeshKey.Read(read.Author),
        FappRecordType.Attestation or FappRecordType.Revocation =>
            Claim.TryRead(read.Body) is { } claim ? claim.Subject ?? MeshKey.Read(read.Author) : null,
        FappRecordType.Answers => null,
        _ => null,
    };

    private void Forward(Arrival arrival, in NodeAddress to, byte[] payload, FappTime now,
        MessageTransaction transaction, bool isDecoy = false)
    {
        long due = now.Running + Chance.Below(_context.Random, _options.ForwardDelay + 1);
        if (!_forward.TryAdd(new WaitingForward(arrival.Token, to, payload, due, isDecoy)))
            Full(arrival, transaction);
    }

    private void Full(Arrival arrival, MessageTransaction transaction)
    {
        Counters.NoRoom++;
        transaction.WhenOver(at => _context.Router.DeliveryDone(at, arrival.Token, DeliveryOutcome.StoreFull, default,
            default));
    }
}
