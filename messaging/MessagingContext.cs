using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging;

/// <summary>What every kind of conversation works with.</summary>
public sealed class MessagingContext
{
    /// <summary>Puts it together; the router comes with <see cref="Attach"/>.</summary>
    public MessagingContext(
        LocalIdentity identity, IMessagingLoop loop, IMessageStore store, IEventSink events, TimeProvider time)
    {
        (Identity, Loop, Store, Events, Time) = (identity, loop, store, events, time);
        Deliveries = new Deliveries(store, events, time);
        Keys = new KeyDirectory(loop, time);
        Contents = new ContentApplier(identity.Address, store, events, Settings, time);
    }

    /// <summary>Who this node is.</summary>
    public LocalIdentity Identity { get; }

    /// <summary>The loop that all of it runs on.</summary>
    public IMessagingLoop Loop { get; }

    /// <summary>What survives a power cut.</summary>
    public IMessageStore Store { get; }

    /// <summary>Where events go.</summary>
    public IEventSink Events { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>How far messages are.</summary>
    public Deliveries Deliveries { get; }

    /// <summary>Keys of receivers.</summary>
    public KeyDirectory Keys { get; }

    /// <summary>What is set for conversations.</summary>
    public ConversationSettings Settings { get; } = new();

    /// <summary>What contents do: the same in every kind of conversation.</summary>
    public ContentApplier Contents { get; }

    /// <summary>Draws ids of what never leaves this node.</summary>
    public RandomFill Random { get; init; } = RandomSource.System;

    /// <summary>
    /// What is sealed to one receiver is padded: not where this node has a radio, on which every byte is airtime.
    /// </summary>
    public Func<bool> PadsSealed { get; init; } = static () => true;

    /// <summary>This node has a radio: what it announces stays short, and it offers no KeyPackage to all.</summary>
    public Func<bool> HasRadio { get; init; } = static () => false;

    /// <summary>
    /// All that leads to this node are radios, as far as it is configured: it asks the members of its groups for what
    /// is short.
    /// </summary>
    public Func<bool> IsBehindRadio { get; init; } = static () => false;

    /// <summary>
    /// The large frames of post-quantum groups may cross radios: the owner wants that, and knows what it costs.
    /// </summary>
    public bool PostQuantumOverRadio { get; init; }

    /// <summary>Hops that envelopes from here may take, as in <see cref="RouterOptions.HopLimit"/>.</summary>
    public required ushort HopLimit { get; init; }

    /// <summary>Who learns that a message arrived.</summary>
    public required ReceiptPolicy Receipts { get; init; }

    /// <summary>The router; there once the node starts.</summary>
    public Router Router { get; private set; } = null!;

    internal void Attach(Router router)
    {
        Router = router;
        Keys.Attach(router);
    }
}
