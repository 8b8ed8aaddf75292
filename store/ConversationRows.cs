using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

/// <summary>A piece of a conversation's state.</summary>
/// <param name="Id">The conversation.</param>
/// <param name="Slot">Its number there.</param>
/// <param name="Value">The value; null where the row is damaged. Secret.</param>
public readonly record struct StoredPiece(ConversationId Id, int Slot, byte[]? Value);

/// <summary>One of several envelopes of a message.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Id">The envelope's id.</param>
/// <param name="Message">The id of the message.</param>
/// <param name="State">What is proven about it.</param>
public readonly record struct StoredCopy(EnvelopeKind Kind, EnvelopeId Id, EnvelopeId Message, MessageState State);

/// <summary>An envelope that could not be opened yet.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Id">Its id.</param>
/// <param name="Conversation">The conversation it seems to belong to; null if none fits.</param>
/// <param name="LifetimeLeft">How long it is kept; whole seconds, rounded up.</param>
/// <param name="Envelope">Header and payload.</param>
public readonly record struct StoredWaiting(
    EnvelopeKind Kind, EnvelopeId Id, ConversationId? Conversation, TimeSpan LifetimeLeft,
    ReadOnlyMemory<byte> Envelope);
