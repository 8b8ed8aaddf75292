using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store.Probe;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store.Tests;

/// <summary>Random histories of transactions, rollbacks and restarts against a model in memory.</summary>
public sealed class ModelTests : IDisposable
{
    private const int Ids = 40;

    private readonly StoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_random_history_leaves_what_the_model_says(int seed)
    {
        var random = new Random(seed);
        var committed = new Model();
        MeshStore store = _fixture.Open();
        for (int transaction = 0; transaction < 150; transaction++)
        {
            Model model = committed.Copy();
            store.Begin();
            for (int step = random.Next(12); step > 0; step--)
                Step(random, store, model);
            if (random.Next(5) == 0)
            {
                store.Rollback();
            }
            else
            {
                store.Commit();
                committed = model;
            }

            if (random.Next(10) == 0)
                store = _fixture.Reopen(store);
            committed.Check(store.Reader);
        }
    }

    private static void Step(Random random, MeshStore store, Model model)
    {
        int n = random.Next(Ids);
        switch (random.Next(11))
        {
            case 0:
                StoredMessage message = Samples.Message(n, random.Next(2) == 0 ? MessageState.Queued
                    : MessageState.Received, random.Next(300));
                Assert.Equal(model.Insert(message), store.Insert(message));
                break;
            case 1:
                var state = (MessageState)random.Next(5);
                int at = model.Messages.FindIndex(m => m.Id == Samples.Id(n) && m.State <= MessageState.Forwarded);
                Assert.Equal(at >= 0, store.UpdateState(Samples.Id(n), state, (byte)n, n, Samples.Start.AddDays(n)));
                if (at >= 0)
                    model.Messages[at] = model.Messages[at] with
                    { State = state, Reason = (byte)n, Hops = n, UpdatedAt = Samples.Start.AddDays(n) };
                break;
            case 2 or 3:
                byte[] envelope = Samples.Envelope(random.Next(1000), random.Next(3000));
                store.PutEnvelope(Samples.Id(n), Samples.Holding(n, random.Next(2) == 0), envelope);
                model.Envelopes[Samples.Id(n)] = envelope;
                break;
            case 4:
                store.DeleteEnvelope(Samples.Id(n));
                model.Envelopes.Remove(Samples.Id(n));
                break;
            case 5:
                store.PutAlias($"name {n}", Samples.Address(n));
                model.Aliases[$"name {n}"] = Samples.Address(n);
                _ = model.Accept(Samples.Address(n));
                break;
            case 6:
                Assert.Equal(model.Aliases.Remove($"name {n}"), store.DeleteAlias($"name {n}"));
                break;
            case 7:
                store.PutSequence((uint)n);
                model.Sequence = (uint)n;
                break;
            case 8:
                Assert.Equal(model.Accept(Samples.Address(n % 12)), store.Accept(Samples.Address(n % 12)));
                break;
            case 9:
                Assert.Equal(model.Refuse(Samples.Address(n % 12)), store.Refuse(Samples.Address(n % 12)));
                break;
            case 10:
                Assert.Equal(model.Erase(m => m.Id == Samples.Id(n)) > 0, store.DeleteMessage(Samples.Id(n)));
                break;
        }
    }

    private sealed class Model
    {
        internal List<StoredMessage> Messages { get; private init; } = [];

        internal Dictionary<EnvelopeId, byte[]> Envelopes { get; private init; } = [];

        internal Dictionary<string, NodeAddress> Aliases { get; private init; } = [];

        internal uint Sequence { get; set; }

        private Dictionary<NodeAddress, Standing> Standings { get; init; } = [];

        private HashSet<EnvelopeId> Erased { get; init; } = [];

        internal Model Copy() => new()
        {
            Messages = [.. Messages],
            Envelopes = new(Envelopes),
            Aliases = new(Aliases),
            Sequence = Sequence,
            Standings = new(Standings),
            Erased = [.. Erased],
        };

        internal Inserted Insert(StoredMessage message)
        {
            Standing standing = message.Outgoing ? Standing.Known : Standings.GetValueOrDefault(message.Peer);
            if (Erased.Contains(message.Id))
                return Inserted.AlreadyThere;
            if (standing == Standing.Refused)
                return Inserted.NotKept;
            if (Messages.Any(m => m.Id == message.Id))
                return Inserted.AlreadyThere;
            Messages.Add(message with { IsRequest = standing == Standing.Stranger });
            if (message.Outgoing)
                _ = Accept(message.Peer);
            return standing == Standing.Stranger ? Inserted.AddedAsRequest : Inserted.Added;
        }

        internal int Accept(NodeAddress peer)
        {
            int requests = 0;
            for (int i = 0; i < Messages.Count; i++)
            {
                if (Messages[i].Peer != peer || !Messages[i].IsRequest)
                    continue;
                Messages[i] = Messages[i] with { IsRequest = false };
                requests++;
            }

            Standings[peer] = Standing.Known;
            return requests;
        }

        internal int Refuse(NodeAddress peer)
        {
            Standings[peer] = Standing.Refused;
            return Erase(m => m.Peer == peer && m.IsRequest);
        }

        internal int Erase(Predicate<StoredMessage> which)
        {
            Erased.UnionWith(Messages.Where(m => which(m) && !m.Outgoing).Select(m => m.Id));
            return Messages.RemoveAll(which);
        }

        internal void Check(StoreReader reader)
        {
            Assert.Equal(Messages, reader.FindMessages(null, 1000));
            Assert.Equal(Envelopes.Keys.ToHashSet(), reader.Envelopes().Select(e => e.Id).ToHashSet());
            foreach ((EnvelopeId id, byte[] envelope) in Envelopes)
                Assert.Equal(envelope, reader.FindEnvelope(id));
            Assert.Equal(Aliases, reader.Aliases());
            Assert.Equal(Sequence, reader.Sequence());
        }
    }
}
