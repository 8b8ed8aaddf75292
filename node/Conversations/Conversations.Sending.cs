using System.Text;
using System.Threading.Channels;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Loop;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Conversations;

/// <content>Messages that go out.</content>
internal sealed partial class Conversations
{
    /// <summary>Messages of one client that share a transaction: enough to make it cheap, few enough not to wait long for it.</summary>
    private const int SealedTogether = 8;

    /// <summary>
    /// Takes the requests of one session: checks and seals them here, on the session's thread, and hands them to the
    /// loop some at a time, so that the first are on their way while the next are sealed.
    /// </summary>
    internal async ValueTask SendAsync(
        IReadOnlyList<ControlRequest> requests, ControlSession session, AddressBook book, TimeSpan lifetime)
    {
        var ready = new List<OutgoingMessage>();
        foreach (ControlRequest request in requests)
        {
            try
            {
                OutgoingMessage message = Check(request, session, book, lifetime);
                if (await FindKeyAsync(message.To).ConfigureAwait(false) is { } key)
                {
                    Seal(message, key);
                    ready.Add(message);
                    if (ready.Count == SealedTogether)
                    {
                        await _loop.PostAsync(new SendJob(this, ready)).ConfigureAwait(false);
                        ready = [];
                    }
                }
                else
                {
                    _ = SendWhenFoundAsync(message);
                }
            }
            catch (ControlException e)
            {
                session.Reply(ControlReply.Failed(request.Tag, e.Code, e.Message).Span);
            }
            catch (Exception e) when (e is not ChannelClosedException)
            {
                _loop.Faults.Note(FaultSeam.Command, e);
                session.Reply(ControlReply.Failed(request.Tag, ControlErrorCode.Refused, Faults.Answer).Span);
            }
        }

        if (ready.Count > 0)
            await _loop.PostAsync(new SendJob(this, ready)).ConfigureAwait(false);
    }

    /// <summary>Message and envelope are on disk, or could not be written.</summary>
    internal void Stored(Instant now, OutgoingMessage message, bool written)
    {
        if (!written)
        {
            Refuse(message, "the store is full or failing: nothing was sent");
            return;
        }

        Accepted++;
        // The router may report a state before Send returns: whoever waits has to be known by then.
        _waiting[message.Id] = message;
        SendResult result = _router.Send(now, message.Outgoing(message.Envelope.AsSpan(EnvelopeHeader.Size)));
        if (result.Status != SendStatus.Queued)
        {
            // The message stays with the others, with what became of it.
            StateReason reason = result.Status == SendStatus.TooLarge ? StateReason.TooLarge : StateReason.StoreFull;
            _writer.Later(now).Forget(message.Id);
            StateChanged(now, message.Id, MessageState.Failed, reason, 0);
        }
        else if (message.Wait == MessageState.Queued && _waiting.Remove(message.Id))
        {
            Answer(message, MessageState.Queued, StateReason.None);
        }
        else if (_stops && _waiting.Remove(message.Id))
        {
            Refuse(message, StopsAt(message.Id, MessageState.Queued));
        }
    }

    private OutgoingMessage Check(ControlRequest request, ControlSession session, AddressBook book, TimeSpan lifetime)
    {
        if (request.To is not { Length: > 0 } to)
            throw new ControlException(ControlErrorCode.Usage, "send needs \"to\": an address or alias");
        SendOptions options = SendOptions.Of(request, lifetime);
        if (Encoding.UTF8.GetByteCount(options.Text) > SendOptions.MaxTextBytes)
            throw new ControlException(ControlErrorCode.Usage, $"a message may have {SendOptions.MaxTextBytes} bytes");
        return new OutgoingMessage(this, session, request.Tag)
        {
            To = book.Resolve(to),
            Text = options.Text,
            Priority = options.Priority,
            Lifetime = options.Lifetime,
            Wait = options.Wait,
            CreatedAt = _time.GetUtcNow(),
        };
    }

    private void Seal(OutgoingMessage message, byte[] key)
    {
        if (!message.TrySeal(_sealer, key, _hopLimit))
            throw new ControlException(ControlErrorCode.Refused, $"the key of {message.To} cannot be used");
    }

    /// <summary>The receiver's key; null: it is being asked for.</summary>
    private async ValueTask<byte[]?> FindKeyAsync(NodeAddress address)
    {
        if (_keys.TryGetValue(address, out byte[]? known))
            return known;
        (byte[]? found, bool isSought) = await _loop.AskAsync(now =>
            _router.TryGetPublicKey(address, out ReadOnlySpan<byte> key) ? (key.ToArray(), false) : (null, _router.Seek(now, address))).ConfigureAwait(false);
        if (found is null)
            return isSought ? null : throw new ControlException(ControlErrorCode.Refused, $"{address} has not been heard of yet, so its key is not known; 'routes' lists who has");
        return Remember(address, found);
    }

    private byte[] Remember(NodeAddress address, byte[] key)
    {
        if (_keys.Count >= MostKeys)
            _keys.Clear();
        return _keys[address] = key;
    }

    private sealed class SendJob(Conversations owner, List<OutgoingMessage> messages) : ILoopWork
    {
        public void Run(Instant now)
        {
            foreach (OutgoingMessage message in messages)
                owner._writer.Add(message);
        }

        public void Failed(Instant now, Exception fault)
        {
            foreach (OutgoingMessage message in messages)
                owner.Refuse(message, Faults.Answer);
        }
    }
}
