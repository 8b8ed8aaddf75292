using QuicProChat.Mesh.Fapp;
using QuicProChat.Mesh.Fapp.Attestation;
using QuicProChat.Mesh.Fapp.Patient;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Requests;
using QuicProChat.Mesh.Fapp.Search;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Simulation.Appointments;

/// <summary>
/// Practices and patients of the node program on a graph, for days of simulated time. Their state machines, seals,
/// signatures, levels and
/// searches are the real ones. Nodes of the graph go off and come back; practices are off and killed; patients are off
/// most of the day.
/// <code>
///  every minute: practices tick -> records spread;  envelopes move
///  every five: patients read answers, act, send;  every hour: churn, lies, decisions, and the oracle looks
/// </code>
/// </summary>
public sealed class AppointmentWorld
{
    /// <summary>Monday, 2026-11-30.</summary>
    private const long Start = 20_787L * FappTime.Day;

    /// <summary>The run ends after the last publication of its last day.</summary>
    private const long EndsBefore = 5 * FappTime.Hour / 2;

    private const long QuietFor = 2 * FappTime.Day;
    private const long ActEvery = 5 * FappTime.Minute;
    private const int LongestDelay = 60;

    /// <summary>Bytes of an envelope around its payload, a frame's head included.</summary>
    private const int EnvelopeOverhead = 23;

    // Of dummies and what follows them only the length counts here.
    private readonly byte[] _dummy = new byte[ForwardedRequest.Size];
    private readonly byte[] _decoy = new byte[ForwardedRequest.PassedOnSize];
    private readonly AppointmentScale _scale;
    private readonly Random _random;
    private readonly RecordMesh _mesh;
    private readonly LocalIdentity[] _relays;
    private readonly PracticeActor[] _practices;
    private readonly PatientActor[] _patients;
    private readonly Dictionary<string, int> _practiceOf = new(StringComparer.Ordinal);
    private readonly AppointmentOracle _oracle = new();
    private readonly List<Travelling> _travelling = [];
    private readonly long[] _offUntil;
    private long _unix = Start;
    private long _records;
    private long _envelopes;
    private long _swallowed;
    private long _dummies;
    private long _mostKept;

    private sealed class Travelling(int from, int to, byte[] payload, long ends)
    {
        internal int From { get; } = from;

        internal int To { get; } = to;

        internal byte[] Payload { get; } = payload;

        internal long Ends { get; } = ends;

        internal long Due { get; set; }
    }

    /// <summary>Builds it; all nodes of the graph are on.</summary>
    public AppointmentWorld(AppointmentScale scale)
    {
        _scale = scale;
        _random = new Random(scale.Seed);
        Topology topology = Topology.Parse(scale.Topology, scale.Seed);
        int[] homes = [.. GossipFigures.LargestPart(topology)];
        _relays = [.. Enumerable.Range(0, topology.Nodes).Select(n => IdentityOf('r', n))];
        using LocalIdentity organisation = IdentityOf('o', 0);
        _mesh = new RecordMesh(topology, scale.Liars, MeshKey.Read(organisation.PublicKey.Span), Plz(0).Region,
            _random);
        _offUntil = new long[topology.Nodes];
        _practices = [.. Enumerable.Range(0, scale.Practices).Select(i => new PracticeActor(
            i, homes[_random.Next(homes.Length)], Plz(i), IdentityOf('p', i), _oracle,
                unchecked(scale.Seed * 7919 + i), Start))];
        foreach (PracticeActor practice in _practices)
            _practiceOf[practice.Identity.Address.ToString()] = practice.Number;
        _patients = [.. Enumerable.Range(0, scale.Patients).Select(i => new PatientActor(
            homes[_random.Next(homes.Length)], _oracle, unchecked(scale.Seed * 104_729 + i), Start))];
        Vouch(organisation, homes);
    }

    /// <summary>Lets all days pass.</summary>
    /// <param name="say">Told of each day.</param>
    public AppointmentFigures Run(Action<string>? say = null)
    {
        long end = Start + _scale.Days * FappTime.Day - EndsBefore;
        for (; _unix < end; _unix += FappTime.Minute)
        {
            bool isQuiet = _unix >= end - QuietFor;
            if (_unix % FappTime.Hour == 0)
                Hour(isQuiet);
            for (int node = 0; node < _mesh.Nodes; node++)
            {
                if (!_mesh.IsOn(node) && _unix >= _offUntil[node])
                    _mesh.Switch(node, isOn: true, Now);
            }

            TickPractices();
            Travel();
            if (_unix % ActEvery == 0)
                TickPatients(isQuiet);
            if (_unix % FappTime.Day == 0)
                say?.Invoke($"day {(_unix - Start) / FappTime.Day}: {_oracle.Requests} requests, {_oracle.Bookings} "
                    + $"bookings, {_records} records");
        }

        return Figures(end - Start);
    }

    private FappTime Now => new(_unix - Start, _unix);

    private static PostalCode Plz(int number) => PostalCode.TryParse($"04{100 + number % 300:000}", out PostalCode plz)
        ? plz : throw new InvalidOperationException("five digits are no postal code");

    private LocalIdentity IdentityOf(char kind, int number)
    {
        byte[] seed = System.Security.Cryptography.SHA256.HashData(
            System.Text.Encoding.ASCII.GetBytes($"{kind} {number} {_scale.Seed}"));
        return LocalIdentity.FromSeed(seed);
    }

    /// <summary>An organisation vouches for all but a few.</summary>
    private void Vouch(LocalIdentity organisation, int[] homes)
    {
        ushort today = (ushort)(Start / FappTime.Day);
        foreach (PracticeActor practice in _practices.Skip(_scale.False))
        {
            var claim = new Claim
            {
                Subject = MeshKey.Read(practice.Identity.PublicKey.Span),
                From = today,
                Until = (ushort)(today + Statement.MaxDays - 1),
            };
            byte[] record = FappRecord.Create(
                organisation, FappRecordType.Attestation, Plz(0).Region, (ulong)practice.Number, 1, today,
                    claim.Encode());
            _mesh.Publish(homes[0], new MeshRecord(record, _practices.Length, FappRecordType.Attestation,
                (ulong)practice.Number, 1), Now);
        }
    }

    private void Hour(bool isQuiet)
    {
        for (int node = 0; node < _mesh.Nodes && !isQuiet; node++)
        {
            if (_mesh.IsOn(node) && _random.NextDouble() < _scale.Churn)
            {
                _offUntil[node] = _unix + 10 * FappTime.Minute + _random.Next((int)(12 * FappTime.Hour));
                _mesh.Switch(node, isOn: false, Now);
            }
        }

        if (isQuiet)
            Array.Clear(_offUntil);
        if (_records > 0)
            _mesh.Lie(Now, Invent);
        if (_unix % FappTime.Day == 0)
        {
            foreach (RegionStore store in _mesh.Stores)
                store.Prune(Now);
        }

        bool isWork = _unix % FappTime.Day / FappTime.Hour is >= 7 and <= 19 && _unix / FappTime.Hour % 3 == 0;
        foreach (PracticeActor practice in _practices)
        {
            if (!practice.IsOn && (isQuiet || _unix >= practice.OffUntil))
                practice.GoOn(_unix);
            if (practice.IsOn && !isQuiet && _random.Next(24 * 10) == 0)
                practice.GoOff(_unix, _unix + FappTime.Hour + _random.Next((int)FappTime.Day));
            if (practice.IsOn && !isQuiet && _random.Next(24) == 0)
                practice.Kill();
            if (practice.IsOn && isWork)
                practice.Decide(_unix, isQuiet);
            _oracle.Look(practice, _unix);
        }

        for (int node = 0; node < _mesh.Nodes; node++)
            _mostKept = Math.Max(_mostKept, _mesh.BytesKept(node));
    }

    /// <summary>Answers that a liar makes up: nobody's tag is among them, and they are in its own name.</summary>
    private MeshRecord Invent()
    {
        byte[] body = new byte[SlotConfirm.SizeOf(SlotConfirm.MinEntries)];
        _random.NextBytes(body);
        SlotConfirm.WriteHead(body, 0, 0);
        int liar = _mesh.Liars[_random.Next(_mesh.Liars.Count)];
        ulong sequence = (ulong)(_unix - Start + 1);
        byte[] record = FappRecord.Create(_relays[liar], FappRecordType.Answers, Plz(0).Region, 0, sequence,
            Now.BornDay, body);
        return new MeshRecord(record, _practices.Length + 1 + liar, FappRecordType.Answers, 0, sequence);
    }

    private void TickPractices()
    {
        foreach (PracticeActor practice in _practices)
        {
            if (!practice.IsOn)
                continue;
            practice.Tick(_unix);
            foreach (MeshRecord record in practice.Published)
            {
                _records++;
                _mesh.Publish(practice.Home, record, Now);
            }

            practice.Published.Clear();
        }
    }

    private void TickPatients(bool isQuiet)
    {
        foreach (PatientActor patient in _patients)
        {
            if (isQuiet)
                patient.StayOn(_unix);
            else if (_unix >= patient.SwitchAt)
                patient.Switch(_unix);
            if (!patient.IsOn || !_mesh.IsOn(patient.Home))
                continue;
            patient.Hear(_mesh, _practiceOf);
            patient.Act(_mesh.Stores[patient.Home], _unix, isQuiet);
            if (patient.IsTimeToSend(_unix, out Reservation? due))
                patient.Sent(due, SendVia(patient, due), _unix);
        }
    }

    private bool SendVia(PatientActor patient, Reservation? reservation)
    {
        if (Forwarder(patient.Home) is not { } forwarder)
            return false;
        if (reservation is null)
        {
            _dummies++;
            Send(patient.Home, forwarder, _dummy, 0);
            return true;
        }

        byte[]? payload = ForwardedRequest.Wrap(
            _relays[forwarder].PublicKey.Span, reservation.Address, PatientDesk.MessageOf(reservation),
                patient.Random.NextBytes);
        Send(patient.Home, forwarder, payload ?? throw new InvalidOperationException("a relay has no proper key"), 0);
        return true;
    }

    /// <summary>Any relay that is in reach, but the one that is the patient's neighbour.</summary>
    private int? Forwarder(int home)
    {
        for (int tries = 0; tries < 20; tries++)
        {
            int drawn = _random.Next(_mesh.Nodes);
            if (drawn != home && _mesh.IsOn(drawn) && _mesh.WayBetween(home, drawn).Length > 0)
                return drawn;
        }

        return null;
    }

    private void Send(int from, int to, byte[] payload, long delay)
    {
        _envelopes++;
        _travelling.Add(new Travelling(from, to, payload, _unix + 3 * FappTime.Day) { Due = _unix + delay });
    }

    /// <summary>
    /// Custody: who has no way to the end waits; a liar on the way may swallow an envelope and say that it took it.
    /// </summary>
    private void Travel()
    {
        Travelling[] due = [.. _travelling.Where(t => _unix >= t.Due)];
        if (due.Length == 0)
            return;
        var done = new HashSet<Travelling>();
        foreach (Travelling envelope in due)
        {
            int[] way = _mesh.WayBetween(envelope.From, envelope.To);
            if (way.Length == 0 && _unix < envelope.Ends)
            {
                envelope.Due = _unix + ActEvery;
                continue;
            }

            done.Add(envelope);
            foreach (int node in way.Skip(1))
                _mesh.Received[node] += envelope.Payload.Length + EnvelopeOverhead;
            if (way.Skip(1).Any(n => _mesh.Liars.Contains(n)) && _random.Next(2) == 0)
                _swallowed++;
            else if (way.Length > 0 && !Arrive(envelope))
                done.Remove(envelope);
        }

        _travelling.RemoveAll(done.Contains);
    }

    /// <summary>At a forwarder, or at the node that a practice is connected to; false: it has to come again.</summary>
    private bool Arrive(Travelling envelope)
    {
        if (envelope.Payload == _decoy)
            return true;
        if (envelope.Payload == _dummy)
        {
            Send(envelope.To, _practices[_random.Next(_practices.Length)].Home, _decoy, _random.Next(LongestDelay + 1));
            return true;
        }

        if (envelope.Payload[0] == (byte)FappPayload.Forward)
        {
            if (ForwardedRequest.TryUnwrap(_relays[envelope.To], envelope.Payload, out NodeAddress to,
                out byte[]? passedOn) && passedOn is not null
                && _practiceOf.TryGetValue(to.ToString(), out int number))
                Send(envelope.To, _practices[number].Home, [.. passedOn, .. BitConverter.GetBytes(number)],
                    _random.Next(LongestDelay + 1));
            return true;
        }

        PracticeActor practice =
            _practices[BitConverter.ToInt32(envelope.Payload.AsSpan(ForwardedRequest.PassedOnSize))];
        if (practice.IsOn && practice.Receive(envelope.Payload.AsSpan(1, SealedRequest.Size), _unix))
            return true;
        envelope.Due = _unix + ActEvery;
        return false;
    }

    private AppointmentFigures Figures(long seconds)
    {
        int reservations = 0, stale = 0, behindLiars = 0, unanswered = 0;
        var honest = new Dictionary<int, HashSet<int>>();
        foreach (PatientActor patient in _patients)
        {
            foreach (Reservation reservation in patient.Reservations)
            {
                reservations++;
                unanswered += reservation.Answer is null ? 1 : 0;
                if (_oracle.IsTrue(reservation))
                    continue;
                int home = _practices[_practiceOf[reservation.Address.ToString()]].Home;
                if (!honest.TryGetValue(home, out HashSet<int>? reached))
                    honest[home] = reached = _mesh.ReachedHonestly(home);
                if (reached.Contains(patient.Home))
                    stale++;
                else
                    behindLiars++;
            }
        }

        return new AppointmentFigures
        {
            Nodes = _mesh.Nodes,
            Practices = _practices.Length,
            Patients = _patients.Length,
            Days = (double)seconds / FappTime.Day,
            Reservations = reservations,
            Unanswered = unanswered,
            Requests = _oracle.Requests,
            Bookings = _oracle.Bookings,
            Kept = _oracle.States.GetValueOrDefault(SlotAnswer.Kept),
            BookedTwice = _oracle.BookedTwice,
            BookingsLost = _oracle.BookingsLost,
            Untrue = _oracle.Untrue,
            StaleAtEnd = stale,
            CutOffByLiars = behindLiars,
            Records = _records,
            RecordsRefused = _mesh.Refused,
            ReplaysLost = _mesh.ReplaysLost,
            ReplaysTaken = _mesh.ReplaysTaken,
            Envelopes = _envelopes,
            Dummies = _dummies,
            Swallowed = _swallowed,
            Kills = _practices.Sum(static p => p.Killed),
            MeanBytesPerSecond = _mesh.Received.Average() / seconds,
            MostBytesPerSecond = (double)_mesh.Received.Max() / seconds,
            MostKept = _mostKept,
        };
    }
}
