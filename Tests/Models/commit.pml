/* How a block becomes visible when several nodes can build blocks: nodes carry the records, etcd decides which of them count.
 *
 * The leader writes the record of a block as a candidate, and so does at least one standby; then it moves `head` in etcd by
 * compare-and-swap under its term; only then does anybody show the block to a client. Every step is one of its own here, so
 * that anything can come between any two: a crash, the end of a lease, a pause, another leader.
 *
 * Checked: a height is shown with one block for ever; what was shown is on the disk of somebody who is left, although one disk
 * may be lost; and whoever takes over can find what it needs.
 *
 * Each of PUBLISH_BEFORE_CAS, CAS_WITHOUT_TERM, ACK_BEFORE_SYNC and DROP_OF_ANY_TERM takes one rule away, and must be found out.
 */

#define NODES 3
#ifndef BLOCKS
#define BLOCKS 3
#endif
#ifndef TERMS
#define TERMS 3
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#define NOBODY 7
#define BIT(b) (1 << (b))

/* etcd: one value at a time, each step atomic. The term is the revision in which `leader` was made. */
byte leader = NOBODY, term = 0, head = 0;

/* Blocks by number of their making; 0 is the genesis. Of each its ancestors with itself, as bits, and its height. */
byte made = 0;
byte chain[BLOCKS + 1], height[BLOCKS + 1];
/* By term the blocks that were made under it, as bits. */
byte madeIn[TERMS + 1];

/* Of each node the records on its disk, those that are written and not synced, and whether it runs. */
byte disk[NODES], cache[NODES];
bool runs[NODES];

/* What clients were shown, by height; 0 for nothing. */
byte shown[BLOCKS + 1];

byte crashes = 0;
bool lost = false;

/* A client sees a block, and with it all before it. */
inline reveal(block) {
  d_step {
    counter = 1;
    do
    :: counter <= BLOCKS ->
       if
       :: chain[block] & BIT(counter) ->
          assert(shown[height[counter]] == 0 || shown[height[counter]] == counter);
          shown[height[counter]] = counter
       :: else
       fi;
       counter++
    :: else -> break
    od;
    counter = 0
  }
}

/* Whether another node has the record for good. */
#ifdef ACK_BEFORE_SYNC
#define ACKNOWLEDGED(b) ((disk[(me + 1) % NODES] | cache[(me + 1) % NODES] | disk[(me + 2) % NODES] | cache[(me + 2) % NODES]) & BIT(b))
#else
#define ACKNOWLEDGED(b) ((disk[(me + 1) % NODES] | disk[(me + 2) % NODES]) & BIT(b))
#endif

#ifdef CAS_WITHOUT_TERM
#define MAY_MOVE (head == tip)
#else
#define MAY_MOVE (leader == me && term == mine && head == tip)
#endif

#ifdef DROP_OF_ANY_TERM
#define EARLIER(t) true
#else
#define EARLIER(t) ((t) < mine)
#endif

/* Whether a node that runs has all records up to a block. */
#define HAS(n, b) (runs[n] && (disk[n] & chain[b]) == chain[b])

proctype Node(byte me) {
  byte mine = 0, tip = 0, block = 0, counter = 0;

standby:
  {
    /* Whoever finds no leader may become it. */
    skip;
end_standby: atomic { leader == NOBODY && term < TERMS -> leader = me; term++; mine = term };

    /* What counts is what etcd says, however far this node is. */
    tip = head;
    /* Another that runs has it, or this one; or nobody can until somebody comes back. */
end_fetch: atomic {
      (HAS(0, tip) || HAS(1, tip) || HAS(2, tip)) -> disk[me] = disk[me] | chain[tip]
    };
    /* Candidates of earlier terms that are not below `head` came to nothing, and go. One of a later term may be about to
     * count, by the word of this very node: it may have been paused for so long that another leads by now. */
    atomic {
      counter = 1;
      do
      :: counter <= TERMS ->
         if
         :: EARLIER(counter) -> disk[me] = disk[me] & ~(madeIn[counter] & ~chain[tip])
         :: else
         fi;
         counter++
      :: else -> break
      od;
      counter = 0
    };

    do
    :: made < BLOCKS ->
       atomic {
         made < BLOCKS -> made++; block = made;
         height[block] = height[tip] + 1; chain[block] = chain[tip] | BIT(block);
         madeIn[mine] = madeIn[mine] | BIT(block)
       };
       cache[me] = cache[me] | BIT(block);
       atomic { disk[me] = disk[me] | (cache[me] & BIT(block)); cache[me] = 0 };
#ifdef PUBLISH_BEFORE_CAS
       reveal(block);
#endif
       /* To one, to the other, or to both: whom it reaches. A standby takes only what follows what it has. */
       atomic { counter = (me + 1) % NODES; if :: runs[counter] -> cache[counter] = cache[counter] | chain[block] :: skip fi; counter = 0 };
       atomic { counter = (me + 2) % NODES; if :: runs[counter] -> cache[counter] = cache[counter] | chain[block] :: skip fi; counter = 0 };
end_acknowledged: ACKNOWLEDGED(block);
       atomic {
         if
         :: MAY_MOVE -> head = block
         :: else -> block = 0
         fi
       };
       if
       :: block == 0 ->
          /* Another leads: what this node has executed never became blocks. It leaves, and comes back as a standby. */
          goto leave
       :: else
       fi;
       reveal(block);
       tip = block; block = 0
    :: made == BLOCKS -> goto over
    :: leader != me -> goto leave
    od
  } unless { !runs[me] };

  /* It was killed. It starts again with what its disk has. */
  atomic { cache[me] = 0; runs[me] = true; mine = 0; tip = 0; block = 0; counter = 0; goto standby };
leave:
  atomic { if :: leader == me && term == mine -> leader = NOBODY :: else fi; mine = 0; tip = 0; block = 0; goto standby };
over:
  skip
}

/* Standbys sync what they were sent, some time. */
proctype Disk(byte me) {
end_sync:
  do
  :: atomic { runs[me] && (cache[me] & ~disk[me]) -> disk[me] = disk[me] | cache[me]; cache[me] = 0 }
  od
}

/* A standby that has what `head` names shows it. */
proctype Reader() {
  byte counter = 0, node = 0;
end_read:
  do
  :: atomic { head != 0 && (HAS(0, head) || HAS(1, head) || HAS(2, head)) && shown[height[head]] == 0 -> reveal(head) }
  od
}

/* What happens to machines and leases. */
proctype Fate() {
  byte node, counter;
end_fate:
  do
  :: atomic { leader != NOBODY && term < TERMS -> leader = NOBODY }
  :: atomic {
       crashes < CRASHES -> crashes++; select(node : 0 .. NODES - 1);
       runs[node] = false; cache[node] = 0
     }
  :: atomic {
       !lost -> lost = true; select(node : 0 .. NODES - 1);
       runs[node] = false; cache[node] = 0; disk[node] = 0
     }
  od
}

/* What anybody was ever shown is somewhere. */
proctype Auditor() {
  byte counter;
end_audit:
  do
  :: d_step {
       shown[1] != 0 ->
       counter = 1;
       do
       :: counter <= BLOCKS ->
          assert(shown[counter] == 0 || ((disk[0] | disk[1] | disk[2]) & BIT(shown[counter])));
          counter++
       :: else -> break
       od;
       counter = 0
     }
  od
}

init {
  atomic {
    runs[0] = true; runs[1] = true; runs[2] = true;
    run Node(0); run Node(1); run Node(2);
    run Disk(0); run Disk(1); run Disk(2);
    run Reader(); run Fate(); run Auditor()
  }
}
